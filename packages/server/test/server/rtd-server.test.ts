/** The program as an operator runs it: what it prints, how it exits. Runs the built one, as `npm test` builds first. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmod } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ChatMessage, HistoryPage } from '@rtd/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ask, dial, eventually, temporaryFolder, upgradeRequest } from './test-server.ts';

const bin = fileURLToPath(new URL('../../bin/rtd-server.js', import.meta.url));

interface Run {
  readonly child: ChildProcess;
  readonly out: () => string;
  readonly err: () => string;
  readonly code: Promise<number | null>;
}

function run(args: readonly string[], env: Record<string, string> = {}, command = [process.execPath]): Run {
  const [program = '', ...words] = command;
  const child = spawn(program, [...words, bin, ...args], {
    env: { PATH: process.env.PATH, HOME: '/nonexistent', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const code = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child, out: () => out, err: () => err, code };
}

/** The command for a Node that may do what the rights of files say, and no more: not even where root runs the tests. */
const withinRights =
  process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-dac_override', '--', process.execPath] : [process.execPath];

/** Started, with the port that it says. */
async function serve(
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<Run & { port: number; dataDir: string }> {
  const dataDir = await temporaryFolder();
  const running = run(['--port', '0', '--data-dir', dataDir, ...args], env);
  await eventually(running.out).toMatch(/listening on/);
  return { ...running, dataDir, port: Number(/listening on http:\/\/[^:]+:(\d+)/.exec(running.out())?.[1]) };
}

describe('rtd-server', () => {
  it('serves, logs lines of JSON, and drains on SIGTERM with exit code 0', async () => {
    const server = await serve();
    expect((await ask(server, '/healthz')).text).toBe('ok\n');
    server.child.kill('SIGTERM');
    expect(await server.code).toBe(0);
    const lines = server.out().trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([
      expect.stringMatching(/^listening on http:\/\/127\.0\.0\.1:\d+$/),
      'draining: no new clients',
      'closed',
    ]);
    expect(server.err()).toBe('');
  });

  it('drains on Ctrl-C, and quits at once on a second one', async () => {
    const server = await serve();
    // A client that does not answer the close keeps the drain from being over at once.
    const silent = dial(server);
    silent.on('error', () => {});
    silent.write(upgradeRequest('/ws'));
    await new Promise((resolve) => silent.once('data', resolve));
    server.child.kill('SIGINT');
    await eventually(server.out).toContain('Ctrl-C: draining');
    server.child.kill('SIGINT');
    expect(await server.code).toBe(130);
  });

  it('takes its options from the environment, and flags before them', async () => {
    const server = await serve(['--log-format', 'json'], { RTD_LOG_FORMAT: 'pretty', SERVER_ID: 'seven' });
    expect(JSON.parse(server.out().split('\n')[0] ?? '')).toMatchObject({ serverId: 'seven' });
  });

  it('warns of what an operator should hear', async () => {
    const server = await serve([], { RTD_PROT: '1' });
    expect(server.out()).toContain('RTD_PROT is not an option');
  });

  it('explains every option', async () => {
    const help = run(['--help']);
    expect(await help.code).toBe(0);
    for (const flag of [
      '--host',
      '--port',
      '--data-dir',
      '--jwt-secret',
      '--limit-frame-bytes',
      'RTD_ALLOWED_ORIGINS',
    ]) {
      expect(help.out()).toContain(flag);
    }
    expect(help.err()).toBe('');
  });

  it.each([
    [['--colour'], {}, /unknown option '--colour'/],
    [['serve'], {}, /too many arguments/],
    [['--port'], {}, /argument missing/],
    [
      ['--port', '99999'],
      {},
      /^--port \(RTD_PORT\): "99999" does not fit; it takes a port number from 0 to 65535\.\n$/,
    ],
    [[], { RTD_AUTH: 'maybe' }, /^RTD_AUTH: "maybe" does not fit; it takes open or jwt\.\n$/],
    [['--host', '0.0.0.0'], {}, /^RTD_HOST=0\.0\.0\.0 is reachable by others while auth is open/],
  ])('%j with %o is wrong usage: exit code 2', async (args, env, says) => {
    const refused = run(args, env);
    expect(await refused.code).toBe(2);
    expect(refused.err()).toMatch(says);
    expect(refused.err().trim().split('\n')).toHaveLength(1);
    expect(refused.out()).toBe('');
  });

  it('says in one line why it cannot start: exit code 1', async () => {
    const first = await serve();
    const dataDir = path.join(await temporaryFolder(), 'other');
    const second = run(['--port', String(first.port), '--data-dir', dataDir]);
    expect(await second.code).toBe(1);
    expect(second.err()).toMatch(/^Port \d+ of 127\.0\.0\.1 is taken by another program: .*\n$/);
    const third = run(['--port', '0', '--data-dir', '/proc/rtd']);
    expect(await third.code).toBe(1);
    expect(third.err()).toMatch(/^The data folder \/proc\/rtd .*\n$/);
  });

  it('is refused a data folder, and a file in it, that it may not write to', async () => {
    const folder = await temporaryFolder();
    await chmod(folder, 0o500);
    const refused = run(['--port', '0', '--data-dir', folder], {}, withinRights);
    expect(await refused.code).toBe(1);
    expect(refused.err()).toMatch(/^The data folder \S+ cannot be written to by this user[^\n]*\n$/);

    const used = await serve();
    used.child.kill('SIGTERM');
    expect(await used.code).toBe(0);
    for (const [file, says] of [
      ['ticks.db', /^The tick log \S+ cannot be opened for writing: [^\n]*\n$/],
      ['messages.db', /^The message store \S+ cannot be used: [^\n]*read[^\n]*\n$/],
    ] as const) {
      await chmod(path.join(used.dataDir, file), 0o400);
      const readOnly = run(['--port', '0', '--data-dir', used.dataDir], {}, withinRights);
      expect(await readOnly.code).toBe(1);
      expect(readOnly.err()).toMatch(says);
      await chmod(path.join(used.dataDir, file), 0o600);
    }
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    '%s in the middle of sending loses no message that was answered',
    async (signal) => {
      const dataDir = await temporaryFolder();
      const first = await serve(['--data-dir', dataDir]);
      const answered = new Map<string, number>();
      let stopped = false;
      const sender = async (user: string): Promise<void> => {
        for (let number = 1; !stopped; number++) {
          const clientMessageId = `${user}-${number}`;
          const body = JSON.stringify({ content: 'x', clientMessageId });
          const answer = await ask(first, '/api/chat/messages', { headers: { 'x-user-id': user }, body }).catch(
            () => undefined,
          );
          if (answer === undefined || answer.status === 503) return;
          if (answer.status === 201) answered.set(clientMessageId, ChatMessage.parse(answer.json()).seq);
        }
      };
      const senders = Array.from({ length: 20 }, (_, at) => sender(`user-${at}`));
      await eventually(() => answered.size).toBeGreaterThan(100);
      first.child.kill(signal);
      await first.code;
      stopped = true;
      await Promise.all(senders);

      const second = await serve(['--data-dir', dataDir]);
      const stored: ChatMessage[] = [];
      for (let after = 0, more = true; more; after = stored.at(-1)?.seq ?? 0) {
        const page = HistoryPage.parse((await ask(second, `/api/chat/history?limit=500&after=${after}`)).json());
        stored.push(...page.messages);
        more = page.hasMore;
      }
      expect(stored.map(({ seq }) => seq)).toEqual(stored.map((_, at) => at + 1));
      const seqs = new Map(stored.map(({ clientMessageId, seq }) => [String(clientMessageId), seq]));
      expect(seqs.size).toBe(stored.length);
      for (const [clientMessageId, seq] of answered) expect(seqs.get(clientMessageId)).toBe(seq);
    },
  );

  it('is killed without leaving a lock behind', async () => {
    const dataDir = await temporaryFolder();
    const first = await serve(['--data-dir', dataDir]);
    first.child.kill('SIGKILL');
    await first.code;
    const second = await serve(['--data-dir', dataDir]);
    expect((await ask(second, '/readyz')).status).toBe(200);
  });
});
