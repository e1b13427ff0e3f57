/** A server's beginning and end: what it needs to start, what it leaves behind, how it takes leave. */
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { HistoryPage, RtdError, ServerId } from '@rtd/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Clock, systemClock, type Timer } from '../../src/clock.ts';
import { ask, dial, eventually, startTestServer, talk, temporaryFolder, upgradeRequest } from './test-server.ts';

async function refusalOf(starting: Promise<unknown>): Promise<string> {
  try {
    await starting;
  } catch (error) {
    if (error instanceof RtdError) {
      expect(error.message).not.toContain('\n');
      return error.message;
    }
    throw error;
  }
  throw new Error('It started.');
}

/** A port that somebody else listens on. */
async function takenPort(): Promise<number> {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void other.close());
  const address = other.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}

function codeOfClose(webSocket: WebSocket): Promise<number> {
  return new Promise((resolve) => webSocket.addEventListener('close', ({ code }) => resolve(code)));
}

describe('starting', () => {
  it('says where it is', async () => {
    const server = await startTestServer();
    expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
    expect((await ask(server, '/healthz')).text).toBe('ok\n');
  });

  it('is refused on a port that is taken, and gives everything back', async () => {
    const dataDir = await temporaryFolder();
    const port = await takenPort();
    const message = await refusalOf(startTestServer({ dataDir, port }));
    expect(message).toMatch(new RegExp(`^Port ${port} .*--port \\(RTD_PORT\\)`));
    await startTestServer({ dataDir });
  });

  it('takes the next free port where it may', async () => {
    const port = await takenPort();
    const server = await startTestServer({ port, nextFreePort: true });
    expect(server.port).toBeGreaterThan(port);
    expect(server.port).toBeLessThan(port + 100);
    expect((await ask(server, '/healthz')).status).toBe(200);
  });

  it('is refused in a data folder that another server uses', async () => {
    const dataDir = await temporaryFolder();
    const first = await startTestServer({ dataDir });
    const message = await refusalOf(startTestServer({ dataDir }));
    expect(message).toContain(`The data folder ${dataDir} is in use by another server`);
    expect(message).toMatch(/--data-dir \(RTD_DATA_DIR\)/);
    expect((await ask(first, '/readyz')).status).toBe(200);
    await first.close();
    await startTestServer({ dataDir });
  });

  it('makes the data folder, for its user alone', async () => {
    const dataDir = path.join(await temporaryFolder(), 'a', 'b');
    await startTestServer({ dataDir });
    expect(ServerId.safeParse((await readFile(path.join(dataDir, 'server-id'), 'utf8')).trim()).success).toBe(true);
  });

  it.each([
    ['a file', 'file', /is no folder/],
    ['below a file', 'file/below', /is no folder/],
    ['where no folder can be made', '/proc/rtd', /cannot be (opened|written to)/],
  ])('is refused with %s as its data folder', async (_what, folder, says) => {
    const parent = await temporaryFolder();
    await writeFile(path.join(parent, 'file'), '');
    const message = await refusalOf(startTestServer({ dataDir: path.resolve(parent, folder) }));
    expect(message).toMatch(says);
    expect(message).toMatch(/--data-dir \(RTD_DATA_DIR\)/);
  });

  it('is refused on an address that is not of this machine', async () => {
    expect(await refusalOf(startTestServer({ host: '203.0.113.7' }))).toMatch(/no address of this machine.*--host/);
  });

  it('keeps the server id that it made, and takes one that is given', async () => {
    const dataDir = await temporaryFolder();
    const first = await startTestServer({ dataDir });
    await first.close();
    const second = await startTestServer({ dataDir });
    expect(second.serverId).toBe(first.serverId);
    await second.close();
    const named = await startTestServer({ dataDir, serverId: ServerId.parse('node-7') });
    expect(named.serverId).toBe('node-7');
    const other = await startTestServer();
    expect(other.serverId).not.toBe(first.serverId);
  });

  it('is refused where the kept server id is none', async () => {
    const dataDir = await temporaryFolder();
    await writeFile(path.join(dataDir, 'server-id'), 'not an id\n');
    expect(await refusalOf(startTestServer({ dataDir }))).toMatch(/holds no server id: delete it/);
  });
});

describe('a restart on the same folder', () => {
  it('has every message and price', async () => {
    const dataDir = await temporaryFolder();
    const first = await startTestServer({ dataDir });
    const sent = [];
    for (const content of ['one', 'two', 'three']) {
      const body = JSON.stringify({ content, clientMessageId: content });
      sent.push((await ask(first, '/api/chat/messages', { headers: { 'x-user-id': 'ann' }, body })).json());
    }
    await ask(first, '/api/market/ticks', { body: '[{"symbol":"BTC","price":5}]' });
    await first.close();

    const second = await startTestServer({ dataDir });
    const { messages } = HistoryPage.parse((await ask(second, '/api/chat/history')).json());
    expect(messages).toEqual(sent);
    expect(messages.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect((await ask(second, '/api/market/snapshot')).json()).toMatchObject([{ symbol: 'BTC', price: 5 }]);
    const again = await ask(second, '/api/chat/messages', {
      headers: { 'x-user-id': 'ann' },
      body: '{"content":"x","clientMessageId":"two"}',
    });
    expect(again.json()).toEqual(sent[1]);
  });
});

describe('draining', () => {
  it('takes leave of everybody: 503, no new clients, 1012, empty polls, ended streams', async () => {
    const server = await startTestServer();
    const webSocket = new WebSocket(`${server.url.replace('http', 'ws')}/ws`, 'v12.stomp');
    const closed = codeOfClose(webSocket);
    webSocket.addEventListener('open', () => webSocket.send('CONNECT\naccept-version:1.2\nhost:x\n\n\0'));
    await new Promise((resolve) => webSocket.addEventListener('message', resolve, { once: true }));
    // So many that taking leave of them takes its time.
    const others = Array.from({ length: 60 }, () =>
      codeOfClose(new WebSocket(`${server.url.replace('http', 'ws')}/ws`)),
    );
    const stream = talk(server, 'GET /stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
    await eventually(async () => (await ask(server, '/api/websocket/health')).json()).toMatchObject({
      activeConnections: 61,
      sseConnections: 1,
    });
    const poll = ask(server, '/api/chat/poll?after=0&wait=55');
    // A request that is in flight keeps the door open until it is answered.
    const slow = dial(server);
    let answer = '';
    slow.on('data', (chunk: Buffer) => {
      answer += chunk.toString();
    });
    const body = '{"content":"the last one"}';
    slow.write(`POST /api/chat/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${body.length}\r\n\r\n`);
    await ask(server, '/healthz');

    const started = performance.now();
    const drained = server.drain();
    const ready = await ask(server, '/readyz');
    expect([ready.status, ready.text.split('\n')[0]]).toEqual([503, 'server: draining']);
    expect(await talk(server, upgradeRequest('/ws'))).toMatch(/^HTTP\/1\.1 503 .*retry-after/is);
    for (const place of ['/stream', '/ws/info']) expect((await ask(server, place)).status).toBe(503);
    expect((await poll).json()).toEqual({ messages: [], hasMore: false });
    expect(await closed).toBe(1012);
    expect(new Set(await Promise.all(others))).toEqual(new Set([1012]));
    expect(await stream).toContain('event: connected');
    slow.write(body);
    await eventually(() => answer).toMatch(/^HTTP\/1\.1 201 .*connection: close.*"the last one"/is);
    await drained;
    expect(performance.now() - started).toBeLessThan(10_000);
    await expect(ask(server, '/healthz')).rejects.toThrow(/ECONNREFUSED/);
    await server.drain();
    await server.close();
  });

  it('does not wait for ever for a client that never says goodbye', async () => {
    const server = await startTestServer();
    const socket = dial(server);
    socket.write(upgradeRequest('/ws'));
    await new Promise((resolve) => socket.once('data', resolve));
    socket.pause();
    const started = performance.now();
    await server.drain();
    expect(performance.now() - started).toBeLessThan(15_000);
  });
});

it('closes at once, with everything open', async () => {
  const server = await startTestServer();
  for (const request of [upgradeRequest('/ws'), 'GET /stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n']) {
    const socket = dial(server);
    socket.on('error', () => {});
    socket.write(request);
    await new Promise((resolve) => socket.once('data', resolve));
  }
  const poll = ask(server, '/api/market/poll?after=0:0&wait=50');
  await ask(server, '/healthz');
  const started = performance.now();
  await server.close();
  expect(performance.now() - started).toBeLessThan(1_500);
  expect((await poll).status).toBe(200);
});

it('has given every timer back when it has closed', async () => {
  let timers = 0;
  const counted = (timer: Timer): Timer => {
    timers++;
    let counts = true;
    return {
      cancel: () => {
        timer.cancel();
        if (counts) timers--;
        counts = false;
      },
    };
  };
  const clock: Clock = {
    ...systemClock,
    every: (millis, action) => counted(systemClock.every(millis, action)),
    after: (millis, action) => {
      const timer = counted(
        systemClock.after(millis, () => {
          timer.cancel();
          action();
        }),
      );
      return timer;
    },
  };
  const server = await startTestServer({}, { clock });
  const requests = [
    upgradeRequest('/ws'),
    upgradeRequest('/ws/0/abcdefgh/websocket'),
    'GET /stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n',
  ];
  for (const request of requests) {
    const socket = dial(server);
    socket.on('error', () => {});
    socket.write(request);
    await new Promise((resolve) => socket.once('data', resolve));
  }
  await ask(server, '/api/chat/messages', { body: '{"content":"x"}' });
  await ask(server, '/api/market/ticks', { body: '[{"symbol":"BTC","price":1}]' });
  expect(timers).toBeGreaterThan(0);
  await server.close();
  await eventually(() => timers).toBe(0);
});
