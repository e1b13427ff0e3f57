/** `rtd top`, run as people do: as lines, as JSON, and on a real pseudo-terminal. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { spawn } from '@lydell/node-pty';
import { Terminal } from '@xterm/headless';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { BIN, newFolder, rtd, type Server, serve, start, webServer } from '../running.ts';

const NOBODY = 'http://127.0.0.1:49151';

let server: Server;
let other: Server;
let stuck: Socket;
beforeAll(async () => {
  [server, other] = await Promise.all([
    serve({ env: { RTD_SERVER_ID: 'first' } }),
    serve({ env: { RTD_SERVER_ID: 'second', RTD_LIMIT_SEND_SECONDS: '0' } }),
  ]);
  stuck = await stuckReader(other.url, 'snail');
}, 60_000);

/** Opens an event stream, reads nothing, and has ticks come until the server has bytes waiting for it. */
async function stuckReader(url: string, user: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write(`GET /stream HTTP/1.1\r\nHost: 127.0.0.1\r\nX-User-Id: ${user}\r\n\r\n`);
  await once(socket, 'data');
  socket.pause();
  const body = JSON.stringify(Array.from({ length: 1_000 }, (_, index) => ({ symbol: `S${index}`, price: 1 })));
  for (let round = 0; round < 500; round += 1) {
    await fetch(`${url}/api/market/ticks`, { method: 'POST', body });
    const metrics = await (await fetch(`${url}/metrics`)).text();
    if (metrics.includes(`user="${user}"`)) return socket;
  }
  throw new Error('nothing waits for a client that reads nothing');
}

afterAll(async () => {
  stuck?.destroy();
  await Promise.all([server[Symbol.asyncDispose](), other[Symbol.asyncDispose]()]);
});

const Look = z.object({
  at: z.iso.datetime(),
  servers: z.array(
    z.looseObject({
      url: z.string(),
      state: z.enum(['up', 'down']),
      serverId: z.string().optional(),
      messagesPerSecond: z.number().optional(),
      transports: z.record(z.string(), z.number()).optional(),
      commit: z.object({ p50: z.number(), p99: z.number() }).optional(),
      healedGaps: z.number().optional(),
      slowestClients: z
        .array(z.strictObject({ user: z.string(), transport: z.string(), bytes: z.int().min(16_384) }))
        .optional(),
    }),
  ),
});

describe('without a terminal', () => {
  test('--json --count 1: one document with the rates of the second before it', async () => {
    await using bench = start(['bench', 'fanout', '-c', '4', '-r', '20', '-d', '600', '--url', server.url]);
    const connections = async (): Promise<string> => (await fetch(`${server.url}/metrics`)).text();
    await expect.poll(connections, { timeout: 10_000 }).toContain('rtd_connections{transport="websocket"} 6');
    const { code, stdout, stderr } = await rtd([
      'top',
      '--json',
      '--count',
      '1',
      '--url',
      server.url,
      '--url',
      other.url,
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n')).toHaveLength(2);
    const { servers } = Look.parse(JSON.parse(stdout));
    expect(servers.map(({ url, state, serverId }) => [url, state, serverId])).toEqual([
      [server.url, 'up', 'first'],
      [other.url, 'up', 'second'],
    ]);
    expect(servers[0]?.transports).toEqual({ websocket: 6 });
    expect(servers[0]?.messagesPerSecond).toBeGreaterThan(10);
    expect(servers[0]?.messagesPerSecond).toBeLessThan(30);
    expect(servers[0]?.commit?.p99).toBeGreaterThan(0);
    expect(servers[1]).toMatchObject({ messagesPerSecond: 0 });
    expect(servers[1]?.commit).toBeUndefined();
    expect(servers.map(({ slowestClients }) => slowestClients?.map(({ user }) => user))).toEqual([[], ['snail']]);
    expect(servers[1]?.slowestClients?.[0]?.transport).toBe('sse');
    bench.child.kill('SIGINT');
    await bench.ended;
  });

  test('a line a server and look, a server that is away among them', async () => {
    const words = ['top', '--interval', '0.2', '--count', '2', '--url', server.url, '--url', NOBODY];
    const { code, stdout } = await rtd(words);
    const lines = stdout.trimEnd().split('\n');
    expect(code).toBe(0);
    expect(lines).toHaveLength(4);
    for (const line of [lines[0], lines[2]]) {
      expect(line).toMatch(
        /^\d\d:\d\d:\d\d first .*sse=0 users=\d+ messages\/s=0\.0 deliveries\/s=0\.0 .*healed-gaps=\d/,
      );
    }
    for (const line of [lines[1], lines[3]]) expect(line).toMatch(/127\.0\.0\.1:49151 DOWN nothing listens there$/);
  });

  test('RTD_URL says which server, as for every command; its slowest client is named', async () => {
    const { code, stdout } = await rtd(['top', '--count', '1', '--interval', '0.1'], { env: { RTD_URL: other.url } });
    expect(stdout).toMatch(/^\d\d:\d\d:\d\d second .* slowest=snail\/sse:\d{5,}\n$/);
    expect(code).toBe(0);
  });

  test('Ctrl-C ends it', async () => {
    await using running = start(['top', '--interval', '0.1', '--url', server.url]);
    await running.until(/messages\/s/);
    running.child.kill('SIGINT');
    expect(await running.ended).toMatchObject({ code: 130, stderr: '' });
  });
});

describe('asked wrongly, or nobody there: one line', () => {
  test('no server answers: exit code 1', async () => {
    const { code, stdout, stderr } = await rtd(['top', '--url', NOBODY]);
    expect(stderr).toMatch(
      /^rtd: No server answers: http:\/\/127\.0\.0\.1:49151\/metrics: nothing listens there\.[^\n]+\n$/,
    );
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });

  test('a web server that has no metrics: exit code 1', async () => {
    await using web = await webServer();
    const { code, stderr } = await rtd(['top', '--url', web.url]);
    expect(stderr).toMatch(/\/metrics has no metrics/);
    expect(code).toBe(1);
  });

  test.each([
    [['--interval', '0'], /--interval takes a number of seconds/],
    [['--url', 'ftp://x'], /"ftp:\/\/x" is no address of a server/],
    [['--count', '0'], /--count takes/],
  ])('%j: exit code 2', async (words, says) => {
    const { code, stderr } = await rtd(['top', ...words]);
    expect(stderr).toMatch(says);
    expect(code).toBe(2);
  });
});

describe('on a terminal', () => {
  test('a screen with the servers and charts, redrawn in place; q gives the terminal back', async () => {
    const size = { cols: 130, rows: 30 };
    const terminal = new Terminal({ ...size, allowProposedApi: true });
    const pty = spawn(
      process.execPath,
      [BIN, 'top', '--interval', '0.2', ...[server.url, other.url, NOBODY].flatMap((url) => ['--url', url])],
      {
        ...size,
        name: 'xterm-256color',
        env: { PATH: process.env.PATH ?? '', HOME: newFolder(), TZ: 'UTC', TERM: 'xterm-256color' },
      },
    );
    const exited = new Promise<number>((resolve) => {
      pty.onExit(({ exitCode }) => resolve(exitCode));
    });
    let written = '';
    terminal.write('what was there before\r\n');
    pty.onData((data) => {
      written += data;
      terminal.write(data);
    });
    const text = (): string => {
      const { active } = terminal.buffer;
      return Array.from(
        { length: active.length },
        (_, row) => active.getLine(row)?.translateToString(true, 0, terminal.cols) ?? '',
      ).join('\n');
    };
    const soon = { timeout: 10_000, interval: 50 };
    try {
      await expect.poll(text, soon).toMatch(/o first +0 +0 +0 +0 /);
      expect(text()).toMatch(/rtd top {2}\d\d:\d\d:\d\d {2}every 0\.2 s {2}3 servers, 1 down/);
      expect(text()).toMatch(
        /server +stomp +sse +msgs\/s +deliv\/s +commit p99 +deliv p99 +queue +gaps +kafka lag +loop p99/,
      );
      expect(text()).toMatch(/x 127\.0\.0\.1:49151 +nothing listens there, for \d+ s/);
      expect(text()).toMatch(/o second +0 +1 /);
      expect(text()).toMatch(/slowest clients {2}snail sse at second [\d.]+ kB/);
      expect(text()).toMatch(/messages\/s .*deliveries\/s /);
      expect(text()).toMatch(/commit p99 ms .*delivery p99 ms /);
      expect(terminal.buffer.active.type).toBe('alternate');
      // Narrow: columns go, lines do not wrap.
      terminal.resize(60, 12);
      pty.resize(60, 12);
      await expect.poll(text, soon).toMatch(/server +stomp +sse +msgs\/s +deliv\/s *\n/);
      expect(text()).toMatch(/^rtd top/);
      pty.write('q');
      expect(await exited).toBe(0);
      await expect.poll(() => terminal.buffer.active.type, soon).toBe('normal');
      expect(text()).toContain('what was there before');
      expect(text()).not.toContain('rtd top');
      // The cursor is shown again, last of all.
      expect(written.lastIndexOf('\x1b[?25h')).toBeGreaterThan(written.lastIndexOf('\x1b[?25l'));
    } finally {
      pty.kill('SIGKILL');
      terminal.dispose();
    }
  });
});
