/** Who comes back gets every tick that came meanwhile, once, in order per symbol: from any id, over any number of cuts, on a server that was restarted. */
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { formatLogPosition, parseLogPosition, RtdError, SseDecoder, Tick, type TickerSymbol } from '@rtd/protocol';
import { EventSource } from 'eventsource';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import {
  BEGINNING,
  newFolder,
  rawExchange,
  StreamClient,
  type StreamServer,
  type StreamServerOptions,
  SYMBOLS,
  startStreamServer,
  TickSource,
  WITHIN,
} from './stream-server.ts';

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function start(options?: StreamServerOptions): Promise<StreamServer> {
  const server = await startStreamServer(options);
  closers.push(() => server.close());
  return server;
}

function connect(url: string, headers?: Record<string, string>): StreamClient {
  const client = new StreamClient(url, headers);
  closers.push(() => client.cut());
  return client;
}

/** The prices of all that was accepted, a symbol; the source counts them up. */
function expectedPrices(count: number, symbol: TickerSymbol): number[] {
  const prices = Array.from({ length: count }, (_, index) => index + 1);
  return prices.filter((price) => SYMBOLS[price % SYMBOLS.length] === symbol);
}

const allTaken = (server: StreamServer, count: number): Promise<void> =>
  expect.poll(() => server.market.stats().ticks, WITHIN).toBe(count);

const OPTIONS: readonly (readonly [string, StreamServerOptions])[] = [
  ['out of the ring', {}],
  ['out of the log', { ringTicks: 1 }],
  ['across the seam of the two', { ringTicks: 60 }],
];

describe.each(OPTIONS)('resuming %s', (_where, options) => {
  it('at every id gives exactly the ticks behind it', async () => {
    const server = await start({ ...options, limits: { SSE_PER_USER: 0 } });
    const source = new TickSource();
    for (let round = 0; round < 15; round += 1) await server.market.accept(source.next(1 + (round % 12)));
    const whole = connect(`${server.url}?lastEventId=${BEGINNING}`);
    const count = server.market.stats().ticks;
    await expect.poll(() => whole.ticks.length, WITHIN).toBe(count);
    for (const symbol of SYMBOLS) expect(whole.pricesOf(symbol)).toEqual(expectedPrices(count, symbol));

    const last = formatLogPosition(server.market.snapshot().position);
    const clients = whole.ticks.map(({ id }) => connect(server.url, { 'Last-Event-ID': id }));
    for (const [index, client] of clients.entries()) {
      await expect.poll(() => client.ticks.length, WITHIN).toBe(count - index - 1);
      for (const symbol of SYMBOLS) {
        const behind = whole.ticks.slice(index + 1).filter(({ tick }) => tick.symbol === symbol);
        expect(client.pricesOf(symbol)).toEqual(behind.map(({ tick }) => tick.price));
      }
      if (index + 1 < count) expect(client.lastId).toBe(last);
    }
    // And all of them are live: the next tick reaches each of them once.
    await server.market.accept(source.next(1));
    await expect
      .poll(() => clients.map(({ ticks }) => ticks.length), WITHIN)
      .toEqual(clients.map((_, index) => count - index));
  });

  it('over any cuts, while ticks come, misses none and repeats none', { timeout: 60_000 }, async () => {
    const plan = fc.record({
      bursts: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 3, maxLength: 12 }),
      /** After so many ticks on a connection it is cut, in the middle of whatever comes. */
      cuts: fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 6 }),
      symbols: fc.option(fc.subarray([...SYMBOLS], { minLength: 1 }), { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(plan, async ({ bursts, cuts, symbols }) => {
        const server = await startStreamServer(options);
        let client: StreamClient | undefined;
        try {
          const source = new TickSource();
          const total = bursts.reduce((sum, burst) => sum + burst, 0);
          const wanted = symbols ?? SYMBOLS;
          const due = wanted.reduce((sum, symbol) => sum + expectedPrices(total, symbol).length, 0);
          const query = symbols === undefined ? '' : `?symbols=${symbols.join(',')}`;
          const received: { symbol: TickerSymbol; price: number }[] = [];
          const publish = (async () => {
            for (const burst of bursts) await server.market.accept(source.next(burst));
          })();
          let id = BEGINNING;
          for (const cut of [...cuts, Number.POSITIVE_INFINITY]) {
            const connection = new StreamClient(server.url + query, { 'Last-Event-ID': id });
            client = connection;
            await expect
              .poll(() => received.length + connection.ticks.length >= due || connection.ticks.length > cut, WITHIN)
              .toBe(true);
            connection.cut();
            // What had come by then is what the client knows; it is mostly more than it waited for.
            received.push(...connection.ticks.map(({ tick }) => ({ symbol: tick.symbol, price: tick.price })));
            id = connection.ticks.at(-1)?.id ?? id;
            if (cut !== Number.POSITIVE_INFINITY) expect(connection.eventsOf('reset')).toEqual([]);
          }
          await publish;
          for (const symbol of wanted) {
            const prices = received.filter((tick) => tick.symbol === symbol).map(({ price }) => price);
            expect(prices).toEqual(expectedPrices(total, symbol));
          }
          expect(received).toHaveLength(due);
        } finally {
          client?.cut();
          await server.close();
        }
      }),
      { numRuns: 10 },
    );
  });
});

describe('a stranger’s client', () => {
  it('(eventsource) resumes by itself over cuts of its connection', async () => {
    const server = await start();
    const source = new TickSource();
    await server.market.accept(source.next(20));
    await allTaken(server, 20);
    const prices: number[] = [];
    const kinds: string[] = [];
    const stream = new EventSource(server.url);
    closers.push(() => stream.close());
    for (const kind of ['connected', 'snapshot', 'reset']) stream.addEventListener(kind, () => kinds.push(kind));
    stream.addEventListener('market-tick', (event) => prices.push(Tick.parse(JSON.parse(event.data)).price));
    await expect.poll(() => kinds, WITHIN).toEqual(['connected', 'snapshot']);
    for (let cut = 0; cut < 2; cut += 1) {
      await server.market.accept(source.next(30));
      await expect.poll(() => prices.length, WITHIN).toBe(cut * 90 + 30);
      for (const socket of server.sockets) socket.destroy();
      await server.market.accept(source.next(60));
      await expect.poll(() => prices.length, WITHIN).toBe(cut * 90 + 90);
    }
    // The order between symbols is not promised: each has its own.
    for (const symbol of SYMBOLS) {
      const own = prices.filter((price) => SYMBOLS[price % SYMBOLS.length] === symbol);
      expect(own).toEqual(expectedPrices(200, symbol).filter((price) => price > 20));
    }
    expect(kinds).toEqual(['connected', 'snapshot', 'connected', 'connected']);
  });

  it('(a bare socket) resumes from an id that was cut off in the middle of the next event', async () => {
    const server = await start();
    await server.market.accept(new TickSource().next(40));
    await allTaken(server, 40);
    const request = (id: string): string => `GET /stream HTTP/1.0\r\nLast-Event-ID: ${id}\r\n\r\n`;
    const body = (text: string): string => text.slice(text.indexOf('\r\n\r\n') + 4);
    const whole = body(await rawExchange(server.port, request(BEGINNING), (text) => text.split('\n\n').length === 43));
    /** What a client knows of the first `length` characters: complete events only. */
    const known = (length: number): { prices: number[]; id: string } => {
      const prices: number[] = [];
      let id = BEGINNING;
      const decoder = new SseDecoder({
        onEvent: (event) => {
          if (event.event !== 'market-tick') return;
          prices.push(Tick.parse(JSON.parse(event.data)).price);
          id = event.id;
        },
      });
      decoder.push(Buffer.from(whole.slice(0, length)));
      return { prices, id };
    };
    const all = known(whole.length).prices;
    expect(all).toHaveLength(40);
    for (let length = 100; length < whole.length; length += 97) {
      const { prices, id } = known(length);
      const left = 40 - prices.length;
      if (left === 0) break;
      const rest = body(await rawExchange(server.port, request(id), (text) => text.split('\n\n').length === left + 3));
      const restPrices = [...rest.matchAll(/"price":(\d+)/g)].map(([, price]) => Number(price));
      for (const symbol of SYMBOLS) {
        const own = [...prices, ...restPrices].filter((price) => SYMBOLS[price % SYMBOLS.length] === symbol);
        expect(own).toEqual(expectedPrices(40, symbol));
      }
    }
  });
});

describe('a place that the log has no more', () => {
  it('is reset, and goes on from the snapshot', async () => {
    const folder = newFolder();
    closers.push(() => rmSync(folder, { recursive: true, force: true }));
    const server = await startStreamServer({ folder, ringTicks: 10, tickLog: { maxTicks: 20 } });
    const source = new TickSource();
    for (let round = 0; round < 30; round += 1) await server.market.accept(source.next(8));
    await server.close();
    // Retention runs when the log is opened.
    const again = await start({ folder, ringTicks: 10, tickLog: { maxTicks: 20 } });
    await expect.poll(async () => (await again.tickLog.bounds())[0]?.earliest ?? 0, WITHIN).toBeGreaterThan(0);
    const client = await connect(again.url, { 'Last-Event-ID': '0:0,1:0,2:0' }).begun();
    await expect
      .poll(() => client.events.map(({ event }) => event), WITHIN)
      .toEqual(['connected', 'reset', 'snapshot']);
    await again.market.accept(source.next(8));
    await expect.poll(() => client.ticks.length, WITHIN).toBe(8);
    expect(client.ticks.map(({ tick }) => tick.price).toSorted((one, other) => one - other)).toEqual(
      Array.from({ length: 8 }, (_, index) => 241 + index),
    );
  });
});

describe('a server that was stopped', () => {
  it('resumes its clients on the same data folder', async () => {
    const folder = newFolder();
    closers.push(() => rmSync(folder, { recursive: true, force: true }));
    const source = new TickSource();
    const received: number[] = [];
    let id = BEGINNING;
    for (let round = 0; round < 3; round += 1) {
      const server = await startStreamServer({ folder });
      const client = await new StreamClient(server.url, { 'Last-Event-ID': id }).begun();
      await server.market.accept(source.next(50));
      await expect.poll(() => client.ticks.length, WITHIN).toBe(round === 0 ? 50 : 80);
      expect(client.eventsOf('reset')).toEqual([]);
      received.push(...client.ticks.map(({ tick }) => tick.price));
      id = client.lastId;
      // Nobody sees these before the end.
      client.cut();
      await expect.poll(() => server.sse.connections, WITHIN).toBe(0);
      await server.market.accept(source.next(30));
      await server.close();
    }
    for (const symbol of SYMBOLS) {
      const own = received.filter((price) => SYMBOLS[price % SYMBOLS.length] === symbol);
      expect(own).toEqual(expectedPrices(210, symbol));
    }
  });

  it('resumes them after a kill -9, too', { timeout: 60_000 }, async () => {
    const folder = newFolder();
    closers.push(() => rmSync(folder, { recursive: true, force: true }));
    const received: number[] = [];
    let id = BEGINNING;
    for (let life = 0; life < 3; life += 1) {
      const program = new URL('./stream-program.ts', import.meta.url).pathname;
      const server = spawn(process.execPath, ['--conditions=source', program, folder, String(received.length)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      closers.push(() => server.kill('SIGKILL'));
      const port = await new Promise<number>((resolve) => server.stdout.once('data', (line) => resolve(Number(line))));
      const client = connect(`http://127.0.0.1:${port}/stream`, { 'Last-Event-ID': id });
      await expect.poll(() => client.ticks.length, WITHIN).toBeGreaterThan(200);
      server.kill('SIGKILL');
      await expect.poll(() => client.closed, WITHIN).toBe(true);
      expect(client.eventsOf('reset')).toEqual([]);
      received.push(...client.ticks.map(({ tick }) => tick.price));
      id = client.lastId;
    }
    // The program counts on from what its log holds: a symbol's prices have no hole and no repeat.
    for (const symbol of SYMBOLS) {
      const own = received.filter((price) => SYMBOLS[price % SYMBOLS.length] === symbol);
      expect(own.length).toBeGreaterThan(60);
      expect(own).toEqual(own.map((_, index) => (own[0] ?? 0) + index * SYMBOLS.length));
      expect(own[0]).toBeLessThanOrEqual(SYMBOLS.length);
    }
  });
});

describe('a log that does not answer', () => {
  it('keeps a client that comes back waiting, and gives it everything when it answers', async () => {
    let broken = false;
    const refuse = (): Promise<never> => Promise.reject(new RtdError('UNAVAILABLE', 'The log is away.'));
    const server = await start({
      ringTicks: 5,
      wrapLog: (log) => ({
        partitions: log.partitions,
        append: (ticks) => log.append(ticks),
        tail: (from, receive) => log.tail(from, receive),
        check: () => log.check(),
        close: () => log.close(),
        bounds: () => (broken ? refuse() : log.bounds()),
        read: (partition, offset, limit) => (broken ? refuse() : log.read(partition, offset, limit)),
      }),
    });
    await server.market.accept(new TickSource().next(100));
    await allTaken(server, 100);
    broken = true;
    const client = connect(server.url, { 'Last-Event-ID': BEGINNING });
    await expect.poll(() => client.retry, WITHIN).toBe(2_000);
    expect(client.events).toEqual([]);
    broken = false;
    await expect.poll(() => client.ticks.length, WITHIN).toBe(100);
    expect(JSON.parse(client.events[0]?.data ?? '')).toMatchObject({ resumed: true });
    expect(parseLogPosition(client.lastId)).toEqual(server.market.snapshot().position);
  });
});
