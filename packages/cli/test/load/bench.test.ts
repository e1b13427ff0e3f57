/** `rtd bench`, run as people do, against servers that keep their promises and servers that do not. */
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type ServerResponse } from 'node:http';
import { createServer, type Socket } from 'node:net';
import path from 'node:path';
import { StompParser, serializeFrame } from '@rtd/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BenchResult } from '../../src/load/bench-result.ts';
import { foreignBroker } from '../doctor/foreign-broker.ts';
import { type Ended, newFolder, rtd, type Server, serve, start } from '../running.ts';
import { breakingProxy } from './breaking-proxy.ts';

/** How long a program may take to be there on a machine that is busy. */
const SOON = { timeout: 15_000, interval: 50 };

let server: Server;
beforeAll(async () => {
  server = await serve();
});
afterAll(() => server[Symbol.asyncDispose]());

function bench(words: string, url = server.url): Promise<Ended> {
  return rtd(['bench', ...words.split(' '), '--url', url]);
}

/** The result, and nothing else on standard output. */
function resultIn({ stdout, stderr }: Ended): BenchResult {
  expect(stderr).toBe('');
  return BenchResult.parse(JSON.parse(stdout));
}

const ALL_WELL = { lost: 0, repeated: 0, reordered: 0, missingUnacknowledged: 0, unacknowledged: 0 };

describe('a server that keeps its promises', () => {
  test('fanout: every client gets every message once and in order', async () => {
    const ended = await bench('fanout -c 30 -r 50 -d 1 --verify --json');
    const result = resultIn(ended);
    expect(ended.code).toBe(0);
    expect(result.verify).toMatchObject({ ...ALL_WELL, acknowledged: 50, clients: 30, examples: [] });
    expect(result.messages).toMatchObject({ sent: 50, acknowledged: 50, refused: 0, deliveries: 1_500, strangers: 0 });
    expect(result.connections).toMatchObject({ asked: 35, open: 35, failed: 0, lost: 0 });
    expect(result.latency.delivery).toMatchObject({ count: 1_500 });
    expect(result.latency.receipt).toMatchObject({ count: 50 });
    expect(result.interrupted).toBe(false);
  });

  test('send: every message is acknowledged, and one client gets them all', async () => {
    const ended = await bench('send -c 20 -r 100 -d 1 --verify --json');
    const result = resultIn(ended);
    expect(ended.code).toBe(0);
    expect(result.messages).toMatchObject({ sent: 100, acknowledged: 100, refused: 0 });
    expect(result.verify).toMatchObject({ ...ALL_WELL, acknowledged: 100, clients: 1 });
  });

  test('send --rate max: the refusals of a server that has enough are counted by their reason', async () => {
    const result = resultIn(await bench('send -c 2 -r max -d 2 --json'));
    // A user may send 40 at once, and 20 a second after that.
    expect(result.messages.acknowledged).toBeGreaterThanOrEqual(80);
    expect(result.messages.acknowledged).toBeLessThan(200);
    expect(result.messages.refused).toBeGreaterThan(0);
    expect(result.reasons).toContainEqual({ reason: 'refused: RATE_LIMITED', count: result.messages.refused });
  });

  test('idle: the connections are there, and the server counts them', async () => {
    await using running = start('bench idle -c 20 -d 4 --json'.split(' ').concat('--url', server.url));
    await expect.poll(() => metric('rtd_connections{transport="websocket"}'), SOON).toBe(20);
    const result = resultIn(await running.ended);
    expect(result.connections).toMatchObject({ asked: 20, open: 20, failed: 0, lost: 0, silent: 0 });
  });

  test('storm: all come back, and nothing is missing that was sent meanwhile', async () => {
    // It takes them half a second to come back, and there is a message every 50 ms.
    const ended = await bench('storm -c 30 -r 20 -d 3 --ramp 60 --verify --json');
    const result = resultIn(ended);
    expect(ended.code).toBe(0);
    expect(result.latency.recovery?.count).toBeGreaterThanOrEqual(60);
    expect(result.verify).toMatchObject({ ...ALL_WELL, clients: 30 });
    expect(result.verify?.acknowledged).toBeGreaterThan(20);
  });

  test('sse: every stream gets every tick once and in order', async () => {
    const ended = await bench('sse -c 20 -r 50 -d 1 --verify --json');
    const result = resultIn(ended);
    expect(ended.code).toBe(0);
    expect(result.messages).toMatchObject({ sent: 50, acknowledged: 50, deliveries: 1_000 });
    expect(result.verify).toMatchObject({ ...ALL_WELL, clients: 20 });
  });

  test('headers go where they are said to go: of the command line, of the environment', async () => {
    // A user of its own for all, by CONNECT; what begins with x- comes back on the messages.
    const words = 'bench fanout -c 3 -r 5 -d 1 --senders 1 --verify --json --header login:carol'.split(' ');
    const env = { RTD_URL: server.url, RTD_BENCH_FANOUT_SEND_HEADER: 'x-from:bench' };
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/ws`, 'v12.stomp');
    let heard = '';
    socket.onmessage = ({ data }) => {
      heard += String(data);
    };
    await once(socket, 'open');
    socket.send('CONNECT\naccept-version:1.2\nhost:x\n\n\0');
    socket.send('SUBSCRIBE\nid:1\ndestination:/topic/messages\nreceipt:r\n\n\0');
    await expect.poll(() => heard, SOON).toContain('RECEIPT');
    const result = resultIn(await rtd(words, { env }));
    expect(result.verify).toMatchObject({ ...ALL_WELL, acknowledged: 5 });
    await expect.poll(() => heard.match(/x-from:bench/g), SOON).toHaveLength(5);
    expect(heard.match(/"senderId":"carol"/g)).toHaveLength(5);
    socket.close();
  });

  test('the table says the same in words', async () => {
    const { code, stdout } = await bench('fanout -c 5 -r 20 -d 1 --verify');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^rtd bench fanout {2}http/);
    expect(stdout).toMatch(/connections +7 open, 0 failed, 0 lost/);
    expect(stdout).toMatch(/messages +20 sent \(\d+\/s\), 20 acknowledged/);
    expect(stdout).toMatch(/deliveries +100 \(/);
    expect(stdout).toMatch(/sent to delivered( +[\d.,]+){5}/);
    expect(stdout).toMatch(/verified +0 lost, 0 repeated, 0 reordered, of 20 acknowledged messages to 5 clients/);
    expect(stdout).toMatch(/this client +\d+% of a core/);
  });
});

describe('a server that does not', () => {
  test('what it drops, doubles and swaps is counted exactly, and the exit code is 1', async () => {
    await using proxy = await breakingProxy(server.url, {
      message: (nth) => (nth === 5 || nth === 6 ? 'drop' : nth % 10 === 8 ? 'double' : nth === 30 ? 'swap' : undefined),
    });
    const ended = await bench('fanout -c 3 -r 50 -d 1 --senders 1 --verify --json', proxy.url);
    expect(ended.code).toBe(1);
    const { verify, messages } = resultIn(ended);
    expect(verify).toMatchObject({
      acknowledged: 50,
      unacknowledged: 0,
      clients: 3,
      lost: 2 * 3,
      repeated: 5 * 3,
      reordered: 1 * 3,
      clientsWithLoss: 3,
      messagesWithLoss: 2,
      missingUnacknowledged: 0,
    });
    expect(verify?.clientFaults.toSorted((a, b) => a.client - b.client)).toEqual(
      [0, 1, 2].map((client) => ({ client, lost: 2, repeated: 5, reordered: 1 })),
    );
    expect(verify?.examples).toHaveLength(5);
    expect(messages.deliveries).toBe((50 - 2 + 5) * 3);
  });

  test('what was never acknowledged is not lost', async () => {
    await using proxy = await breakingProxy(server.url, {
      message: (nth) => (nth === 4 ? 'drop' : undefined),
      swallowsReceipt: (receiptId) => receiptId === '4',
    });
    const ended = await bench('fanout -c 3 -r 20 -d 1 --senders 1 --verify --json', proxy.url);
    expect(ended.code).toBe(0);
    expect(resultIn(ended).verify).toMatchObject({
      acknowledged: 19,
      unacknowledged: 1,
      lost: 0,
      missingUnacknowledged: 3,
    });
  });

  test('the table shows what, and examples', async () => {
    await using proxy = await breakingProxy(server.url, { message: (nth) => (nth === 2 ? 'double' : undefined) });
    const { code, stdout } = await bench('fanout -c 2 -r 10 -d 1 --verify', proxy.url);
    expect(code).toBe(1);
    expect(stdout).toMatch(/verified +0 lost, 2 repeated, 0 reordered/);
    expect(stdout).toMatch(/client \d: message 2 came again/);
  });
});

describe('servers that are not ours', () => {
  const GUEST = { RTD_LOGIN: 'guest', RTD_PASSCODE: 'guest-secret' };
  const ASIDE = ['--subscribe', '/topic/load', '--to', '/topic/load'];

  test('a broker with passwords and virtual hosts, whose messages say nothing to go on from', async () => {
    await using broker = await foreignBroker({ login: 'guest', passcode: 'guest-secret', virtualHost: '/' });
    const words = ['bench', 'storm', '--url', broker.url, '-c', '3', '-d', '1', '-r', '20', '--verify', ...ASIDE];
    const named = await rtd([...words, '--vhost', '/', '--http-header', 'cookie: session=7'], { env: GUEST });
    expect(named.stdout).toContain(`rtd bench storm  ${broker.url}  `);
    expect(named.stdout).toMatch(/connections +4 open, 0 failed/);
    expect(named.stdout).toContain('no message had a number "seq" in its body');
    expect(broker.cookies).toContain('session=7');
    // Without the name: what the broker says, whole, and the command that looks on.
    const unnamed = await rtd(words, { env: GUEST });
    expect(unnamed.code).toBe(1);
    expect(unnamed.stderr).toContain("ERROR: Bad CONNECT: Virtual host '127.0.0.1' access denied");
    expect(unnamed.stderr).toContain(`"rtd doctor --url ${broker.url}"`);
  });

  test('idle: heart-beats are sent and counted, and who gets none is told', async () => {
    let connections = 0;
    let heard = 0;
    const timers = new Set<NodeJS.Timeout>();
    const other = createServer((socket) => {
      const isSilent = connections === 0;
      connections += 1;
      socket.on('error', () => undefined);
      socket.on('data', (bytes: Buffer) => {
        const text = bytes.toString();
        if (text.startsWith('CONNECT\n')) socket.write('CONNECTED\nversion:1.2\nheart-beat:100,100\n\n\0');
        const receipt = /receipt:(.+)/.exec(text)?.[1];
        if (receipt !== undefined) socket.write(`RECEIPT\nreceipt-id:${receipt}\n\n\0`);
        if (text === '\n') heard += 1;
      });
      if (!isSilent) timers.add(setInterval(() => socket.write('\n'), 100));
    });
    await once(other.listen(0, '127.0.0.1'), 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const ended = await bench('idle -c 4 -d 2 --ramp 50 --heart-beat 100 --json', `stomp://127.0.0.1:${port}`);
    for (const timer of timers) clearInterval(timer);
    other.close();
    const { connections: found } = resultIn(ended);
    expect(found).toMatchObject({ open: 4, failed: 0, lost: 0, silent: 1 });
    // Three that send ten a second for two seconds, on a machine that may be busy.
    expect(found.heartBeats).toBeGreaterThan(30);
    expect(heard).toBeGreaterThanOrEqual(8);
  });

  test('STOMP on a bare TCP connection, with other destinations', async () => {
    // The real server behind a bridge that takes the WebSocket away.
    const bridge = createServer((socket) => {
      const upstream = new WebSocket(`${server.url.replace('http', 'ws')}/ws`, 'v12.stomp');
      upstream.binaryType = 'arraybuffer';
      const early: Buffer[] = [];
      upstream.onopen = () => {
        for (const bytes of early.splice(0)) upstream.send(bytes);
      };
      upstream.onmessage = ({ data }) => socket.write(typeof data === 'string' ? data : Buffer.from(data));
      socket.on('data', (bytes: Buffer) => (upstream.readyState === 1 ? upstream.send(bytes) : early.push(bytes)));
      socket.on('error', () => undefined);
      socket.on('close', () => upstream.close());
    });
    await once(bridge.listen(0, '127.0.0.1'), 'listening');
    const address = bridge.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const ended = await bench(
      'fanout -c 5 -r 20 -d 1 --subscribe /topic/chat --verify --json',
      `stomp://127.0.0.1:${port}`,
    );
    bridge.close();
    expect(ended.code).toBe(0);
    expect(resultIn(ended)).toMatchObject({
      url: `stomp://127.0.0.1:${port}`,
      verify: { ...ALL_WELL, acknowledged: 20, clients: 5 },
    });
  });

  test('a broker that acknowledges nothing: what was sent counts as promised', async () => {
    const subscribers = new Map<Socket, string>();
    let sent = 0;
    const broker = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('close', () => subscribers.delete(socket));
      const parser = new StompParser({
        role: 'server',
        onFrame: ({ command, headers, body }) => {
          parser.version = '1.2';
          if (command === 'CONNECT') socket.write('CONNECTED\nversion:1.2\n\n\0');
          if (command === 'SUBSCRIBE') subscribers.set(socket, headers.get('id') ?? '');
          if (command !== 'SEND') return;
          sent += 1;
          if (sent === 7) return;
          for (const [subscriber, subscription] of subscribers) {
            const head = [['subscription', subscription] as const, ['message-id', String(sent)] as const];
            subscriber.write(serializeFrame({ command: 'MESSAGE', headers: head, body }, '1.2'));
          }
        },
      });
      socket.on('data', (bytes: Buffer) => parser.push(bytes));
    });
    await once(broker.listen(0, '127.0.0.1'), 'listening');
    const address = broker.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const words = 'fanout -c 4 -r 20 -d 1 --no-receipts --subscribe /topic/a --to /topic/a --verify --json';
    const ended = await bench(words, `stomp://127.0.0.1:${port}`);
    broker.close();
    expect(resultIn(ended)).toMatchObject({
      messages: { sent: 20, acknowledged: 0, deliveries: 19 * 4 },
      verify: { ...ALL_WELL, acknowledged: 20, clients: 4, lost: 4, clientsWithLoss: 4, messagesWithLoss: 1 },
    });
    expect(ended.code).toBe(1);
  });

  test.each([
    [0, 0],
    [10, 2 * 3],
  ])('event streams of any kind; every %dth event dropped makes %d lost', async (dropEvery, lost) => {
    const streams = new Set<ServerResponse>();
    let published = 0;
    const other = createHttpServer((request, response) => {
      if (request.url === '/events') {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
        streams.add(response);
        return;
      }
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      request.on('end', () => {
        published += 1;
        if (dropEvery === 0 || published % dropEvery !== 0) {
          for (const stream of streams) stream.write(`event: news\ndata: <b>${body}</b>\n\n`);
        }
        response.writeHead(request.url === '/publish' ? 204 : 404).end();
      });
    });
    await once(other.listen(0, '127.0.0.1'), 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const ended = await bench(
      'sse -c 3 -r 20 -d 1 --path /events --publish-path /publish --publish-body {payload} --verify --json',
      `http://127.0.0.1:${port}`,
    );
    other.closeAllConnections();
    other.close();
    expect(resultIn(ended)).toMatchObject({ messages: { sent: 20, acknowledged: 20 }, verify: { ...ALL_WELL, lost } });
    expect(ended.code).toBe(lost === 0 ? 0 : 1);
  });
});

test('a server that stalls is charged for all that should have been sent and answered meanwhile', async () => {
  await using stalling = await serve();
  await using running = start('bench send -c 10 -r 50 -d 4 --json'.split(' ').concat('--url', stalling.url));
  await expect.poll(() => metric('rtd_messages_committed_total', stalling.url), SOON).toBeGreaterThan(20);
  stalling.child.kill('SIGSTOP');
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  stalling.child.kill('SIGCONT');
  const result = resultIn(await running.ended);
  expect(result.messages).toMatchObject({ sent: 200, acknowledged: 200 });
  // 75 of the 200 fell into the stall, and waited for 750 ms in the mean.
  expect(result.latency.receipt?.max).toBeGreaterThan(1_400);
  expect(result.latency.receipt?.p90).toBeGreaterThan(600);
  expect(result.latency.receipt?.mean).toBeGreaterThan(200);
});

test('Ctrl-C ends it, and prints what was measured so far', async () => {
  await using running = start('bench fanout -c 5 -r 50 -d 600 --verify --json'.split(' ').concat('--url', server.url));
  const committed = (): Promise<number> => metric('rtd_messages_committed_total');
  const before = await committed();
  await expect.poll(committed, SOON).toBeGreaterThan(before + 20);
  running.child.kill('SIGINT');
  const ended = await running.ended;
  expect(ended.code).toBe(130);
  const result = resultIn(ended);
  expect(result.interrupted).toBe(true);
  expect(result.messages.sent).toBeGreaterThan(20);
  expect(result.messages.deliveries).toBeGreaterThan(0);
});

/** A server's own figure. */
async function metric(name: string, url = server.url): Promise<number> {
  const lines = (await (await fetch(`${url}/metrics`)).text()).split('\n');
  return Number(lines.find((line) => line.startsWith(`${name} `))?.slice(name.length));
}

test('--compare puts an earlier result beside this one, and says what was asked differently', async () => {
  const file = path.join(newFolder(), 'before.json');
  const before = resultIn(await bench('fanout -c 5 -r 20 -d 1 --json'));
  // An earlier server that was a thousand times slower.
  const slow = { ...before, latency: { ...before.latency, delivery: scaled(before.latency.delivery, 1_000) } };
  writeFileSync(file, JSON.stringify(slow));
  const { code, stdout } = await bench(`fanout -c 6 -r 20 -d 1 --compare ${file}`);
  expect(code).toBe(0);
  expect(stdout).toMatch(/compared +before +now +change/);
  expect(stdout).toMatch(/delivery p50 ms .* -\d+\.\d% +better/);
  expect(stdout).toContain('asked differently: connections: 5 before, 6 now');
  const json: unknown = JSON.parse((await bench(`fanout -c 5 -r 20 -d 1 --json --compare ${file}`)).stdout);
  expect(json).toMatchObject({
    comparison: {
      differences: expect.arrayContaining([expect.objectContaining({ what: 'delivery p50 ms', verdict: 'better' })]),
    },
  });
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(slow);
});

function scaled(latency: BenchResult['latency']['delivery'], factor: number): BenchResult['latency']['delivery'] {
  if (latency === null) throw new Error('nothing was delivered');
  return { ...latency, p50: latency.p50 * factor, p99: latency.p99 * factor, max: latency.max * factor };
}

describe('asked wrongly: one line, exit code 2', () => {
  const folder = newFolder();
  const notAResult = path.join(folder, 'other.json');
  writeFileSync(notAResult, '{"schema":"something else"}');
  test.each([
    ['fanout --url http://example.com', /example\.com is not this machine.*--i-own-this-server/],
    ['sse --url http://10.1.2.3', /10\.1\.2\.3 is not this machine/],
    ['fanout --rate 0', /--rate takes a number of messages a second above 0, or max, not "0"/],
    ['storm --rate max', /--rate takes a number/],
    ['fanout --rate max --no-receipts', /--rate max waits for acknowledgements/],
    ['fanout --connections 0', /--connections takes/],
    ['fanout --size 15', /--size takes/],
    ['fanout --body hello', /--body needs \{payload\}/],
    ['fanout --header nothing', /--header takes a header such as passcode:guest, not "nothing"/],
    ['fanout --url stomp://127.0.0.1', /needs a port/],
    ['sse --url stomp://127.0.0.1:61613', /not stomp:\/\//],
    ['sse --path events', /--path takes a path/],
    [`fanout --compare ${path.join(folder, 'nothing')}`, /--compare: .*nothing cannot be read \(ENOENT\)/],
    [`fanout --compare ${notAResult}`, /--compare: .* is no result of "rtd bench/],
    ['fanuot', /Did you mean "rtd bench fanout"\?/],
  ])('rtd bench %s', async (words, says) => {
    const { code, stdout, stderr } = await rtd(['bench', ...words.split(' ')]);
    expect(stderr).toMatch(/^rtd: [^\n]+\n$/);
    expect(stderr).toMatch(says);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });
});

describe('it cannot be done: one line, exit code 1', () => {
  test.each(['fanout', 'send', 'idle', 'storm', 'sse'])('rtd bench %s: nothing listens', async (kind) => {
    const { code, stdout, stderr } = await bench(`${kind} -c 3 -d 1`, 'http://127.0.0.1:49151');
    expect(stderr).toMatch(
      /^rtd: Not one of \d+ connections to http:\/\/127\.0\.0\.1:49151 could be opened: ECONNREFUSED\..*rtd doctor/,
    );
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });

  test('a server that wants a token says so', async () => {
    const env = { RTD_AUTH: 'jwt', RTD_JWT_SECRET: 'a secret of more than 32 characters' };
    await using closed = await serve({ env });
    const { code, stderr } = await bench('fanout -c 3 -d 1', closed.url);
    expect(stderr).toMatch(/could be opened: (ERROR|no WebSocket)/);
    expect(code).toBe(1);
  });

  test('more connections than files', async () => {
    const { code, stderr } = await bench('idle -c 190000 -d 1');
    expect(stderr).toMatch(/190000 connections are more than this process may have.*ulimit -n 190064/);
    expect(code).toBe(1);
  });
});
