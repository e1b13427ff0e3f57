import { type ChatSession, connectChat } from '@rtd/client';
import { ChatMessage, Tick } from '@rtd/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { faultyProxy } from './doctor/faulty-proxy.ts';
import { type Hosted, host } from './hosted.ts';
import { rtd, serve, start } from './running.ts';

let server: Hosted;
let env: Record<string, string>;
let alice: ChatSession;
const SAID = Array.from({ length: 30 }, (_, index) => `line ${index + 1}`);

beforeAll(async () => {
  server = await host();
  env = { RTD_URL: server.url };
  alice = connectChat({ url: server.url, identity: { userId: 'alice' } });
  for (const content of SAID) await alice.send({ content }).settled;
});
afterAll(async () => {
  await alice.close();
  await server[Symbol.asyncDispose]();
});

const messagesIn = (text: string): ChatMessage[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => ChatMessage.parse(JSON.parse(line)));
const storedIn = async (conversation: string): Promise<string[]> =>
  messagesIn(
    (await rtd(['history', '--conversation', conversation, '--all', '--json', '--name', 'archivist'], { env })).stdout,
  ).map(({ content }) => content);
const replay = (...words: string[]) => rtd(['replay', '--speed', 'max', ...words], { env });

describe('rtd replay', () => {
  test('prints what was said, all of it or from one place to another', async () => {
    const { code, stdout, stderr } = await replay('--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const all = messagesIn(stdout);
    expect(all.map(({ content }) => content)).toEqual(SAID);
    const part = messagesIn((await replay('--json', '--from', '3', '--to', '5')).stdout);
    expect(part.map(({ seq }) => seq)).toEqual([3, 4, 5]);
    const [, , , fourth] = all;
    const since = messagesIn((await replay('--json', '--from', fourth?.timestamp ?? '', '--to', '6')).stdout);
    expect(since.map(({ seq }) => seq)).toEqual(
      all.filter(({ seq, timestamp }) => seq <= 6 && timestamp >= (fourth?.timestamp ?? '')).map(({ seq }) => seq),
    );
  });

  test('keeps the pace, and follows what is said now; 143 is SIGTERM', async () => {
    await alice.send({ content: 'first of two', conversationId: 'slow' }).settled;
    // The pause is what is replayed.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await alice.send({ content: 'second of two', conversationId: 'slow' }).settled;
    const words = ['replay', '--conversation', 'slow', '--name', 'alice', '--follow'];
    await using running = start(words, { env });
    await running.until(/first of two/);
    const began = performance.now();
    await running.until(/second of two/);
    expect(performance.now() - began).toBeGreaterThan(1_200);
    await alice.send({ content: 'said now', conversationId: 'slow' }).settled;
    await running.until(/said now/);
    running.child.kill('SIGTERM');
    expect(await running.ended).toMatchObject({ code: 143, stderr: '' });
  });

  test('--into sends it again in order, with the time it had; broken off and repeated, nothing comes twice or is missing', async () => {
    let wire = '';
    const archivist = connectChat({
      url: server.url,
      identity: { userId: 'archivist' },
      onWire: ({ direction, bytes }) => {
        if (direction === 'in') wire += Buffer.from(bytes).toString();
      },
    });
    await archivist.send({ content: 'before', conversationId: 'copy' }).settled;
    await archivist.subscribe('copy', { backlog: 0, onMessage: () => undefined }).ready;
    const words = ['replay', '--speed', 'max', '--into', 'copy', '--name', 'archivist'];
    await using first = start(words, { env });
    await first.until(/line 7\n/);
    first.child.kill('SIGKILL');
    await first.ended;
    const second = await rtd(words, { env });
    expect(second.code).toBe(0);
    expect(second.stderr).toMatch(/An earlier replay came as far as \d+: this one goes on behind it\./);
    expect(await storedIn('copy')).toEqual(['before', ...SAID]);
    expect((await rtd(words, { env })).stderr).toMatch(/0 messages sent into copy/);
    const [, , , fourth] = messagesIn((await replay('--json')).stdout);
    await expect.poll(() => wire).toContain('line 30');
    const frame = wire.split('\0').find((each) => each.includes('"content":"line 4"')) ?? '';
    // A colon in a header is escaped (STOMP 1.2).
    expect(frame).toContain(`x-original-time:${fourth?.timestamp.replaceAll(':', '\\c')}`);
    expect(frame).toContain('x-original-sender:alice');
    await archivist.close();
  }, 40_000);

  test('--into another server, which goes away meanwhile', async () => {
    await using there = await serve();
    const running = start(
      ['replay', '--speed', 'max', '--into', `${there.url}#moved`, '--name', 'archivist', '--json'],
      {
        env,
      },
    );
    await running.until(/"content":"line 5"/);
    there.child.kill('SIGKILL');
    await there.ended;
    await using back = await serve({ port: Number(new URL(there.url).port), dataDir: there.dataDir });
    expect((await running.ended).code).toBe(0);
    const moved = await rtd(['history', '--conversation', 'moved', '--all', '--json', '--name', 'archivist'], {
      env: { RTD_URL: back.url },
    });
    expect(messagesIn(moved.stdout).map(({ content }) => content)).toEqual(SAID);
  }, 40_000);

  test.each<[string[], RegExp]>([
    [['--into', 'global', '--name', 'x'], /very conversation/],
    [['--into', 'copy'], /Who sends it again\? .*--name/],
    [['--into', 'a b', '--name', 'x'], /--into takes/],
    [['--speed', 'fast'], /--speed takes/],
    [['--from', 'yesterday'], /--from takes a moment/],
    [['--max-gap', '5x'], /--max-gap takes a time/],
    [['markt'], /Did you mean "rtd replay market"\?/],
  ])('%j is asked wrongly', async (words, says) => {
    const { code, stdout, stderr } = await rtd(['replay', ...words], { env });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(says);
    expect(stderr).toMatch(/^rtd: [^\n]+\n$/);
  });
});

describe('rtd replay market', () => {
  const ticksIn = (text: string): Tick[] =>
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => Tick.parse(JSON.parse(line)));
  const SYMBOLS = ['BTC', 'ETH', 'OIL', 'GOLD', 'SOL'];
  const START = Date.parse('2026-03-02T09:00:00.000Z');
  const COUNT = 6_000;

  beforeAll(async () => {
    // A tick each 10 ms, of all symbols in turn; the price says which it is.
    for (let done = 0; done < COUNT; done += 1_000) {
      const body = Array.from({ length: 1_000 }, (_, index) => ({
        symbol: SYMBOLS[(done + index) % SYMBOLS.length],
        price: done + index + 1,
        timestamp: new Date(START + 10 * (done + index)).toISOString(),
      }));
      const headers = { 'content-type': 'application/json' };
      const { status } = await fetch(`${server.url}/api/market/ticks`, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      });
      expect(status).toBe(202);
    }
  });

  test('every tick of the log once, by time over all partitions, while prices come', async () => {
    await using simulate = start(['simulate', '--symbols', 'BTC,ETH,OIL,GOLD,SOL', '--rate', '500'], { env });
    await simulate.until(/ticks\/s/);
    const { code, stdout, stderr } = await rtd(
      ['replay', 'market', '--speed', 'max', '--json', '--to', '2026-03-02T09:01:00Z'],
      { env },
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(ticksIn(stdout).map(({ price }) => price)).toEqual(Array.from({ length: COUNT }, (_, index) => index + 1));
  }, 40_000);

  test('from a moment, only some symbols, at the pace that is asked for', async () => {
    const words = ['replay', 'market', '--json', '--symbols', 'ETH', '--from', '2026-03-02T09:00:58Z'];
    const began = performance.now();
    const { stdout } = await rtd([...words, '--to', '2026-03-02T09:01:00Z'], { env });
    const ticks = ticksIn(stdout);
    expect(ticks.map(({ price }) => price)).toEqual(Array.from({ length: 40 }, (_, index) => 5_802 + 5 * index));
    expect(performance.now() - began).toBeGreaterThan(1_900);
  });

  test('--into another server: in order, with the times they had; broken off, and over a lost answer, nothing comes twice', async () => {
    await using there = await host();
    let lost = 0;
    // The second request of the first replay is taken, and a gateway says that it was not.
    await using gateway = await faultyProxy(there.url, {
      back: (bytes) => {
        if (!bytes.toString('latin1', 0, 12).startsWith('HTTP/1.1 202')) return bytes;
        lost += 1;
        return lost === 2 ? Buffer.from('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n') : bytes;
      },
    });
    const words = ['replay', 'market', '--speed', 'max', '--json', '--to', '2026-03-02T09:01:00Z'];
    await using first = start([...words, '--into', gateway.url], { env });
    await first.until(/"price":2500,/);
    first.child.kill('SIGKILL');
    const { stderr } = await first.ended;
    expect(stderr).toMatch(/^rtd: A gateway before [^\n]+ Next try in 1 s\.\n/);
    expect(lost).toBeGreaterThan(1);
    const second = await rtd([...words, '--into', there.url], { env });
    expect(second.code).toBe(0);
    const [, before = '', sent = ''] =
      /^rtd: (\d+) of them are there already, [^\n]+\nrtd: (\d+) ticks sent into /.exec(second.stderr) ?? [];
    expect(Number(before)).toBeGreaterThanOrEqual(2_500);
    expect(Number(before) + Number(sent)).toBe(COUNT);
    expect(ticksIn(second.stdout)).toHaveLength(Number(sent));
    const { stdout: copy } = await rtd([...words, '--url', there.url]);
    expect(copy).toBe((await rtd(words, { env })).stdout);
  }, 40_000);

  test('Ctrl-C ends it also while it waits for ticks of the log', async () => {
    const asked = Promise.withResolvers<void>();
    await using stuck = await faultyProxy(server.url, {
      there: (bytes) => {
        if (/last-?event-?id/i.test(bytes.toString('latin1'))) asked.resolve();
        return bytes;
      },
      back: (bytes) => (bytes.includes('market-tick') ? undefined : bytes),
    });
    await using running = start(['replay', 'market', '--speed', 'max', '--url', stuck.url]);
    await asked.promise;
    running.child.kill('SIGINT');
    expect(await running.ended).toMatchObject({ code: 130, stdout: '' });
  });

  test.each<[string[], RegExp]>([
    [['--into', 'ops'], /--into takes another server/],
    [['--into', 'SELF'], /very server/],
  ])('%j is asked wrongly', async (words, says) => {
    const { code, stdout, stderr } = await rtd(
      ['replay', 'market', ...words.map((word) => (word === 'SELF' ? `${server.url}/` : word))],
      { env },
    );
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(says);
  });

  test('--follow goes on with the prices of now, here and into another server', async () => {
    await using there = await host();
    await using into = start(
      ['replay', 'market', '--speed', 'max', '--json', '--symbols', 'LATE', '--follow', '--into', there.url],
      { env },
    );
    await using running = start(['replay', 'market', '--speed', 'max', '--json', '--symbols', 'LATE', '--follow'], {
      env,
    });
    await expect
      .poll(async () => (await fetch(`${server.url}/api/websocket/health`)).text(), { timeout: 15_000 })
      .toMatch(/"sseConnections":[12]/);
    const body = JSON.stringify([{ symbol: 'LATE', price: 7 }]);
    await expect
      .poll(
        async () => {
          const headers = { 'content-type': 'application/json' };
          await fetch(`${server.url}/api/market/ticks`, { method: 'POST', headers, body });
          return running.stdout;
        },
        { timeout: 15_000 },
      )
      .toContain('"symbol":"LATE","price":7');
    await into.until(/"symbol":"LATE","price":7/);
    for (const each of [running, into]) each.child.kill('SIGINT');
    expect((await running.ended).code).toBe(130);
    expect((await into.ended).code).toBe(130);
    const snapshot = await (await fetch(`${there.url}/api/market/snapshot`)).text();
    expect(snapshot).toContain('"symbol":"LATE","price":7');
  });
});
