/** The line client against the real server: what a pipe or a screen reader gets. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { createHttpApi } from '@rtd/client';
import { ConversationId, TickerSymbol } from '@rtd/protocol';
import { defaultConfig, type RunningServer, silentLog, startServer, systemClock } from '@rtd/server';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runPlain } from '../src/run-plain.ts';
import { createFakeClock } from './fake-clock.ts';

let folder: string;
let server: RunningServer;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'rtd-plain-'));
  server = await startServer(defaultConfig({ dataDir: folder, port: 0 }), {
    clock: systemClock,
    randomBytes,
    log: silentLog(),
  });
});

afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

interface Session {
  readonly stdin: PassThrough;
  readonly code: Promise<number>;
  out(): string;
  err(): string;
}

function open(userId: string, options: { url?: string; signal?: AbortSignal } = {}): Session {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const texts = { out: '', err: '' };
  stdout.on('data', (data: Buffer) => {
    texts.out += data.toString();
  });
  stderr.on('data', (data: Buffer) => {
    texts.err += data.toString();
  });
  const { url = server.url, signal } = options;
  const code = runPlain({ url, signal, identity: { userId }, stdin, stdout, stderr, env: {}, timeZone: 'UTC' });
  return { stdin, code, out: () => texts.out, err: () => texts.err };
}

async function seen(what: () => string, part: string | RegExp): Promise<void> {
  await vi.waitFor(() => expect(what()).toMatch(part), { timeout: 10_000 });
}

describe('the line client', () => {
  it('sends what comes in line by line, and ends when all of it is stored', async () => {
    const { stdin, code } = open('pipe');
    stdin.end('first line\nsecond line\n\n  \nlast line without an end');
    expect(await code).toBe(0);
    const { messages } = await createHttpApi({ url: server.url }).history();
    const mine = messages.filter(({ senderId }) => senderId === 'pipe').map(({ content }) => content);
    expect(mine).toEqual(['first line', 'second line', 'last line without an end']);
  });

  it('prints what others say, one message after the other, safely', async () => {
    const session = open('reader');
    await seen(session.err, /connected to http/);
    const api = createHttpApi({ url: server.url, identity: { userId: 'mallory' } });
    await api.postMessage({ content: 'two\nlines and \x1b[31mred' });
    await seen(session.out, /^\d\d:\d\d mallory in global: two\n {2}lines and ␛\[31mred\n/m);
    session.stdin.end();
    expect(await session.code).toBe(0);
  });

  it('says what it does not understand, and sends a slash on request', async () => {
    const session = open('typist');
    session.stdin.write('/nonsense\n//slash\n/name\n');
    await seen(session.err, /there is no command \/nonsense/);
    await seen(session.err, /You are typist/);
    await seen(session.out, /typist in global: \/slash/);
    session.stdin.write('/quit\n');
    expect(await session.code).toBe(0);
    session.stdin.end();
  });

  it('tells prices when asked', async () => {
    await createHttpApi({ url: server.url }).postTicks([{ symbol: TickerSymbol.parse('BTC'), price: 64_250.1 }]);
    const session = open('trader');
    await vi.waitFor(
      () => {
        session.stdin.write('/prices\n');
        expect(session.err()).toMatch(/BTC 64,250\.10 \+?0\.00%/);
      },
      { timeout: 10_000, interval: 100 },
    );
    session.stdin.end();
    expect(await session.code).toBe(0);
  });

  it('speaks in all of one’s conversations, and hears them, each line with its conversation', async () => {
    const [ann, ben] = [open('ann'), open('ben')];
    for (const { err } of [ann, ben]) await seen(err, /connected to http/);
    ann.stdin.write('/dm ben psst, ben\nstill only for you\n');
    await seen(ann.err, /^\* you write to ben now$/m);
    await seen(ben.out, /^\d\d:\d\d ann to ben: psst, ben\n\d\d:\d\d ann to ben: still only for you$/m);
    ann.stdin.write('/join lobby\nhello lobby\n/new "the team" ben\nhello team\n');
    await seen(ann.out, /ann in lobby: hello lobby\n.*ann in the team: hello team$/m);
    await seen(ben.out, /ann in the team: hello team$/m);
    // Ben is in global still, where what he types goes; the lobby is not his.
    ben.stdin.write('back to all\n/who\n/conversations\n');
    await seen(ann.out, /ben in global: back to all$/m);
    await seen(ben.err, /here: .*ann/);
    await seen(ben.err, /^\* global, \d unread, you write here$/m);
    await seen(ben.err, /^\* ann, 2 unread$/m);
    expect(ben.out()).not.toContain('lobby');
    ben.stdin.write('/join "the team"\n/history 1\n/read all\n/conversations\n');
    await seen(ben.err, /^\* you write to the team now$/m);
    await seen(ben.err, /^\* the team, you write here$/m);
    expect(ben.out().match(/ann in the team: hello team$/gm)?.length).toBe(2);
    expect(ben.err().split('you write to the team now')[1]).not.toContain('unread');
    for (const { stdin } of [ann, ben]) stdin.write('/quit\n');
    expect(await Promise.all([ann.code, ben.code])).toEqual([0, 0]);
  });

  it('says what goes wrong in a line, and what can be typed', async () => {
    const session = open('clumsy');
    await createHttpApi({ url: server.url, identity: { userId: 'host' } }).createConversation({
      id: ConversationId.parse('closed'),
      kind: 'group',
    });
    session.stdin.write('/join closed\n/dm we!rd hi\n/dm\n/chart BTC\n/history many\n/help\n');
    await seen(session.err, /^\* closed is not open to everybody/m);
    await seen(session.err, /^\* Nobody can be called we!rd/m);
    await seen(session.err, /^\* Whom\?/m);
    await seen(session.err, /^\* \/chart needs a screen/m);
    await seen(session.err, /^\* How many\?/m);
    await seen(session.err, /^\* \/dm name \[text\]: write to somebody alone$/m);
    expect(session.err()).not.toContain('/wire');
    session.stdin.end('still here\n');
    expect(await session.code).toBe(0);
    expect(session.out()).toContain('clumsy in global: still here');
  });

  it('fails, and says why, when a message is refused', async () => {
    const session = open('talker');
    session.stdin.end(`${'x'.repeat(4_001)}\n`);
    expect(await session.code).toBe(1);
    expect(session.err()).toMatch(/not sent: x+.*4000/);
  });

  it('stops when it is told to', async () => {
    const stop = new AbortController();
    const session = open('stopped', { signal: stop.signal });
    await seen(session.err, /connected/);
    stop.abort();
    expect(await session.code).toBe(0);
    session.stdin.end();
  });

  it('gives up a server that stays away, and says what was not sent', async () => {
    const clock = createFakeClock();
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
    let told = '';
    stderr.on('data', (data: Buffer) => {
      told += data.toString();
    });
    const code = runPlain({ url: 'http://127.0.0.1:9', stdin, stdout, stderr, env: {}, clock });
    stdin.end('hello\n');
    const ended = vi.fn();
    void code.then(ended);
    await vi.waitFor(
      () => {
        clock.advance(1_000);
        expect(ended).toHaveBeenCalledWith(1);
      },
      { timeout: 10_000, interval: 10 },
    );
    expect(told).toContain('1 not sent: http://127.0.0.1:9 could not be reached');
  });

  it('refuses an address that cannot be one', async () => {
    await expect(open('x', { url: 'ftp://nowhere' }).code).rejects.toThrow(/no address of a server/);
  });
});
