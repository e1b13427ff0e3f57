/** `GET /stream` byte by byte: HTTP's framing, the HTML standard's format, the contract's events, and who is refused. */
import net from 'node:net';
import {
  formatLogPosition,
  parseLogPosition,
  RtdError,
  StreamConnected,
  Tick,
  TickerSymbol,
  UserId,
} from '@rtd/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Authenticator, Identity } from '../../src/auth/identity.ts';
import { ManualClock } from '../manual-clock.ts';
import {
  BEGINNING,
  rawExchange,
  StreamClient,
  type StreamServer,
  type StreamServerOptions,
  startStreamServer,
  TickSource,
  WITHIN,
} from './stream-server.ts';

const servers: StreamServer[] = [];
const clients: StreamClient[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.cut();
  for (const server of servers.splice(0)) await server.close();
});

async function start(options?: StreamServerOptions): Promise<StreamServer> {
  const server = await startStreamServer(options);
  servers.push(server);
  return server;
}

function connect(url: string, headers?: Record<string, string>): StreamClient {
  const client = new StreamClient(url, headers);
  clients.push(client);
  return client;
}

const BTC = TickerSymbol.parse('BTC');
const snapshotCame = (text: string): boolean => /event: snapshot[\s\S]*\n\n/.test(text);

/** The content of a chunked body so far, checked chunk by chunk (RFC 9112, 7.1). */
function unchunk(body: string): string {
  let content = '';
  for (let rest = Buffer.from(body, 'latin1'); rest.length > 0; ) {
    const size = /^([0-9a-f]+)\r\n/.exec(rest.toString('latin1'));
    if (size === null) throw new Error(`no chunk: ${JSON.stringify(rest.toString('latin1').slice(0, 40))}`);
    const from = size[0].length;
    const to = from + Number.parseInt(size[1] ?? '', 16);
    expect(rest.toString('latin1', to, to + 2)).toBe('\r\n');
    content += rest.toString('utf8', from, to);
    rest = rest.subarray(to + 2);
  }
  return content;
}

describe('the bytes', () => {
  it('are one well-formed chunked answer that begins with retry, connected and snapshot', async () => {
    const { port, market } = await start();
    await market.accept([{ symbol: TickerSymbol.parse('株:Ü'), price: 1.5 }]);
    await expect.poll(() => market.snapshot().ticks.length, WITHIN).toBe(1);
    const text = await rawExchange(port, 'GET /stream HTTP/1.1\r\nHost: x\r\n\r\n', snapshotCame);
    const [head = '', body = ''] = text.split(/\r\n\r\n([\s\S]*)/);
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(head).toMatch(/\r\ncontent-type: text\/event-stream(\r\n|$)/i);
    expect(head).toMatch(/\r\ncache-control: no-cache, no-transform(\r\n|$)/i);
    expect(head).toMatch(/\r\nx-accel-buffering: no(\r\n|$)/i);
    expect(head).toMatch(/\r\ntransfer-encoding: chunked(\r\n|$)/i);
    expect(head).not.toMatch(/content-length/i);
    const [tick] = market.snapshot().ticks;
    const id = formatLogPosition(market.snapshot().position);
    expect(unchunk(body)).toBe(
      'retry: 2000\n\n' +
        'event: connected\ndata: {"serverId":"s1","symbols":["株:Ü"],"resumed":false}\n\n' +
        `event: snapshot\nid: ${id}\ndata: ${JSON.stringify([tick])}\n\n`,
    );
  });

  it('are bare, and end with the connection, for HTTP/1.0', async () => {
    const { port, sse } = await start();
    const answer = rawExchange(port, 'GET /stream HTTP/1.0\r\n\r\n');
    await expect.poll(() => sse.connections, WITHIN).toBe(1);
    await sse.drain();
    const text = await answer;
    expect(text).not.toMatch(/transfer-encoding/i);
    expect(text).toMatch(/\r\n\r\nretry: 2000\n\nevent: connected\n/);
  });

  it('end as HTTP says when the server ends them', async () => {
    const { port, sse } = await start();
    const answer = rawExchange(port, 'GET /stream HTTP/1.1\r\nHost: x\r\n\r\n');
    await expect.poll(() => sse.connections, WITHIN).toBe(1);
    await sse.drain();
    expect(await answer).toMatch(/\r\n0\r\n\r\n$/);
    expect(sse.connections).toBe(0);
  });

  it('are only a head for HEAD', async () => {
    const { port, sse } = await start();
    const text = await rawExchange(port, 'HEAD /stream HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(text).toMatch(/content-type: text\/event-stream/i);
    expect(text).toMatch(/\r\n\r\n$/);
    expect(sse.connections).toBe(0);
  });

  it('carry the headers that were set before', async () => {
    const { url } = await start({ headers: { 'access-control-allow-origin': 'https://app.example.com' } });
    const ok = await connect(url).begun();
    expect(ok.headers).toMatchObject({ 'access-control-allow-origin': 'https://app.example.com' });
    const refused = await connect(`${url}?nonsense=1`).begun();
    expect(refused.headers).toMatchObject({ 'access-control-allow-origin': 'https://app.example.com' });
  });

  it('have a comment every 15 seconds, and only one timer for all', async () => {
    const clock = new ManualClock();
    const { url, sse } = await start({ clock });
    const idle = clock.timers;
    const first = await connect(url).begun();
    clock.pass(7_000);
    const second = await connect(url).begun();
    expect(clock.timers).toBe(idle + 1);
    clock.pass(8_000);
    await expect.poll(() => first.comments.length, WITHIN).toBe(1);
    expect(second.comments).toHaveLength(0);
    clock.pass(7_000);
    await expect.poll(() => second.comments.length, WITHIN).toBe(1);
    // A turn for each: a comment that waits for the socket is not doubled.
    for (let round = 2; round <= 4; round += 1) {
      clock.pass(15_000);
      await expect.poll(() => first.comments.length, WITHIN).toBe(round);
      await expect.poll(() => second.comments.length, WITHIN).toBe(round);
    }
    first.cut();
    second.cut();
    await expect.poll(() => sse.connections, WITHIN).toBe(0);
    expect(clock.timers).toBe(idle);
  });
});

describe('the events', () => {
  it('name what they are about', async () => {
    const { url, market } = await start();
    await market.accept([{ symbol: BTC, price: 5 }]);
    const source = new TickSource();
    const client = await connect(`${url}?symbols=ETH,BTC`).begun();
    await market.accept(source.next(16));
    await expect.poll(() => client.ticks.length, WITHIN).toBe(4);
    const [connected, snapshot, ...ticks] = client.events;
    expect(client.retry).toBe(2_000);
    expect(StreamConnected.parse(JSON.parse(connected?.data ?? ''))).toEqual({
      serverId: 's1',
      symbols: ['ETH', 'BTC'],
      resumed: false,
    });
    expect(connected?.id).toBe('');
    expect(
      z
        .array(Tick)
        .parse(JSON.parse(snapshot?.data ?? ''))
        .map(({ symbol }) => symbol),
    ).toEqual(['BTC']);
    for (const event of ticks) {
      expect(event.event).toBe('market-tick');
      expect(parseLogPosition(event.id)).toHaveLength(3);
    }
    expect(new Set(client.ticks.map(({ tick }) => tick.symbol))).toEqual(new Set(['BTC', 'ETH']));
  });

  it.each([
    ['nonsense', 'is none of this stream'],
    ['0:1', 'partitions'],
    ['0:99999,1:-1,2:-1', 'nothing at 99999'],
  ])('reset on the last event id %s', async (id, reason) => {
    const { url, market } = await start();
    await market.accept([{ symbol: BTC, price: 5 }]);
    await expect.poll(() => market.snapshot().ticks.length, WITHIN).toBe(1);
    const client = await connect(url, { 'Last-Event-ID': id }).begun();
    await expect.poll(() => client.events.length, WITHIN).toBe(3);
    expect(client.events.map(({ event }) => event)).toEqual(['connected', 'reset', 'snapshot']);
    expect(JSON.parse(client.events[0]?.data ?? '')).toMatchObject({ resumed: false });
    expect(JSON.parse(client.events[1]?.data ?? '').reason).toContain(reason);
    expect(client.lastId).toBe(formatLogPosition(market.snapshot().position));
  });

  it('resume by the header, by the query, and by the header where the two differ', async () => {
    const { url, market } = await start();
    await market.accept([{ symbol: BTC, price: 1 }]);
    await market.accept([{ symbol: BTC, price: 2 }]);
    await expect.poll(() => market.snapshot().ticks[0]?.price, WITHIN).toBe(2);
    const whole = await connect(`${url}?lastEventId=${BEGINNING}`).begun();
    await expect.poll(() => whole.ticks.length, WITHIN).toBe(2);
    expect(whole.events.map(({ event }) => event)).toEqual(['connected', 'market-tick', 'market-tick']);
    expect(JSON.parse(whole.events[0]?.data ?? '')).toMatchObject({ resumed: true });
    const afterFirst = whole.ticks[0]?.id ?? '';
    const rest = await connect(`${url}?lastEventId=${BEGINNING}`, { 'Last-Event-ID': afterFirst }).begun();
    await expect.poll(() => rest.pricesOf(BTC), WITHIN).toEqual([2]);
    const header = await connect(url, { 'Last-Event-ID': BEGINNING }).begun();
    await expect.poll(() => header.pricesOf(BTC), WITHIN).toEqual([1, 2]);
    const empty = await connect(url, { 'Last-Event-ID': '' }).begun();
    await expect.poll(() => empty.events.map(({ event }) => event), WITHIN).toEqual(['connected', 'snapshot']);
  });
});

describe('what is asked wrongly', () => {
  it.each([
    '?since=1',
    '?symbols=',
    '?symbols=BTC,,ETH',
    '?symbols=BTC%20ETH',
    '?symbols=BTC&symbols=ETH',
    '?conflate=fast',
    '?conflate=-1',
    '?conflate=1.5',
    '?conflate=99999999',
    '?__proto__=1',
  ])('%s is 400 and says why', async (query) => {
    const { url, sse } = await start();
    const client = await connect(url + query).begun();
    await expect.poll(() => client.closed, WITHIN).toBe(true);
    expect(client.status).toBe(400);
    expect(client.headers['content-type']).toContain('application/json');
    const { error } = JSON.parse(client.body);
    expect(error.code).toBe('VALIDATION');
    expect(error.message).toMatch(/query|key/i);
    expect(sse.connections).toBe(0);
  });

  it('another method is 405 and says which there are', async () => {
    const { port } = await start();
    const text = await rawExchange(
      port,
      'POST /stream HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n',
    );
    expect(text).toMatch(/^HTTP\/1\.1 405 /);
    expect(text).toMatch(/\r\nallow: GET, HEAD\r\n/i);
  });

  it('a stream behind another answer on the same connection is refused, and harms nothing', async () => {
    const { port, sse } = await start();
    const pipelined = 'GET /stream HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(3);
    const text = rawExchange(port, pipelined);
    await expect.poll(() => sse.connections, WITHIN).toBe(1);
    await sse.drain();
    expect(unchunk(/\r\n\r\n([\s\S]*?)0\r\n\r\n/.exec(await text)?.[1] ?? '')).toContain('event: snapshot');
  });
});

/** Tokens are names; `expiring` is good for a minute. */
function tokens(clock: ManualClock): Authenticator {
  return {
    mode: 'jwt',
    authenticate: async ({ authorization }): Promise<Identity> => {
      const name = /^Bearer (\w+)$/.exec(authorization ?? '')?.[1];
      if (name === undefined || name === 'bad') throw new RtdError('UNAUTHENTICATED', 'The token is not good.');
      const expiresAt = name === 'expiring' ? clock.now() + 60_000 : undefined;
      return { userId: UserId.parse(name), userName: name, guest: false, admin: false, expiresAt };
    },
  };
}

describe('who may', () => {
  it('comes with a token in the header or the query', async () => {
    const clock = new ManualClock();
    const { url } = await start({ clock, authenticator: tokens(clock) });
    expect((await connect(url, { Authorization: 'Bearer ann' }).begun()).status).toBe(200);
    expect((await connect(`${url}?access_token=bob`).begun()).status).toBe(200);
    const refused = await connect(`${url}?access_token=bad`).begun();
    await expect.poll(() => refused.closed, WITHIN).toBe(true);
    expect(refused.status).toBe(401);
    expect(refused.headers['www-authenticate']).toBe('Bearer');
    expect(JSON.parse(refused.body).error.code).toBe('UNAUTHENTICATED');
  });

  it('is out when the token ends, even on a silent stream', async () => {
    const clock = new ManualClock();
    const { url, sse } = await start({ clock, authenticator: tokens(clock) });
    const client = await connect(`${url}?access_token=expiring`).begun();
    clock.pass(59_000);
    expect(sse.connections).toBe(1);
    clock.pass(1_000);
    await expect.poll(() => client.closed, WITHIN).toBe(true);
    expect(sse.connections).toBe(0);
  });

  it('is out when access is revoked, and nobody else', async () => {
    const { url, sse } = await start();
    const ann = [
      await connect(url, { 'X-User-Id': 'ann' }).begun(),
      await connect(url, { 'X-User-Id': 'ann' }).begun(),
    ];
    const bob = await connect(url, { 'X-User-Id': 'bob' }).begun();
    sse.disconnectUser('ann');
    await expect.poll(() => ann.every(({ closed }) => closed), WITHIN).toBe(true);
    expect(bob.closed).toBe(false);
    await expect.poll(() => sse.connections, WITHIN).toBe(1);
  });

  it('opens no more than a user may have, and one more when one has closed', async () => {
    const { url, sse } = await start();
    const open: StreamClient[] = [];
    for (let index = 0; index < 6; index += 1) open.push(await connect(url, { 'X-User-Id': 'ann' }).begun());
    const seventh = await connect(url, { 'X-User-Id': 'ann' }).begun();
    await expect.poll(() => seventh.closed, WITHIN).toBe(true);
    expect(seventh.status).toBe(503);
    expect(Number(seventh.headers['retry-after'])).toBeGreaterThan(0);
    expect(JSON.parse(seventh.body).error.message).toContain('6 event streams');
    expect((await connect(url, { 'X-User-Id': 'bob' }).begun()).status).toBe(200);
    open[0]?.cut();
    await expect.poll(() => sse.connections, WITHIN).toBe(6);
    expect((await connect(url, { 'X-User-Id': 'ann' }).begun()).status).toBe(200);
  });

  it('counts against the address when it has no name', async () => {
    const { url } = await start({
      addressOf: (request) => String(request.headers['x-from']),
      limits: { SSE_PER_USER: 1 },
    });
    expect((await connect(url, { 'x-from': '192.0.2.1' }).begun()).status).toBe(200);
    expect((await connect(url, { 'x-from': '192.0.2.1' }).begun()).status).toBe(503);
    expect((await connect(url, { 'x-from': '192.0.2.2' }).begun()).status).toBe(200);
    expect((await connect(url, { 'x-from': '192.0.2.1', 'X-User-Id': 'ann' }).begun()).status).toBe(200);
  });

  it('opens no more than the server takes; 0 lifts both bounds', async () => {
    const { url } = await start({ limits: { SSE_TOTAL: 2 } });
    await connect(url, { 'X-User-Id': 'ann' }).begun();
    await connect(url, { 'X-User-Id': 'bob' }).begun();
    const third = await connect(url, { 'X-User-Id': 'eve' }).begun();
    expect(third.status).toBe(503);
    expect(third.headers['retry-after']).toBeDefined();
    const unlimited = await start({ limits: { SSE_TOTAL: 0, SSE_PER_USER: 0 } });
    for (let index = 0; index < 8; index += 1) {
      expect((await connect(unlimited.url, { 'X-User-Id': 'ann' }).begun()).status).toBe(200);
    }
  });
});

describe('a client that is gone before it is let in', () => {
  it('leaves nothing behind', async () => {
    const arrived = Promise.withResolvers<void>();
    const decided = Promise.withResolvers<void>();
    const { port, sse, sockets } = await start({
      limits: { SSE_PER_USER: 1 },
      authenticator: {
        mode: 'open',
        authenticate: async () => {
          arrived.resolve();
          await decided.promise;
          return { userId: UserId.parse('ann'), userName: 'ann', guest: false, admin: false, expiresAt: undefined };
        },
      },
    });
    const socket = net.connect(port, '127.0.0.1', () => socket.write('GET /stream HTTP/1.1\r\nHost: x\r\n\r\n'));
    await arrived.promise;
    socket.destroy();
    await expect.poll(() => sockets.size, WITHIN).toBe(0);
    decided.resolve();
    const next = await connect(`http://127.0.0.1:${port}/stream`).begun();
    expect(next.status).toBe(200);
    expect(sse.connections).toBe(1);
  });
});

describe('draining', () => {
  it('ends every stream and refuses new ones', async () => {
    const { url, sse } = await start();
    const open: StreamClient[] = [];
    for (let index = 0; index < 5; index += 1) open.push(await connect(url).begun());
    await sse.drain();
    await expect.poll(() => open.every(({ closed }) => closed), WITHIN).toBe(true);
    expect(sse.connections).toBe(0);
    const late = await connect(url).begun();
    expect(late.status).toBe(503);
    expect(late.headers['retry-after']).toBeDefined();
  });
});
