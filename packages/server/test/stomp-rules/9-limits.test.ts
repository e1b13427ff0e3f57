/** Section 6 of the contract, as far as STOMP keeps it: one past each limit, and who does not read. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Health } from '@rtd/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { ManualClock } from '../manual-clock.ts';
import { raw } from './raw-client.ts';
import { chat, newUser, RuleServer, subscribed } from './rule-server.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

let server: RuleServer;
beforeAll(async () => {
  server = await RuleServer.start({ limits: { MESSAGES_PER_SECOND: 0, MESSAGE_BURST: 0 } });
});
afterEach(() => server.cutClients());
afterAll(() => server.stop());

describe('subscriptions', () => {
  it('to 128 destinations, however many ids each has; the 129th is refused', async () => {
    const client = await server.connect('1.2');
    for (let n = 1; n <= 128; n += 1) client.send(raw('SUBSCRIBE', `id:${n}`, `destination:/topic/typing/room-${n}`));
    for (let n = 129; n <= 300; n += 1) client.send(raw('SUBSCRIBE', `id:${n}`, 'destination:/topic/typing/room-1'));
    await client.settled();
    client.send(raw('SUBSCRIBE', 'id:last', 'destination:/topic/typing/room-129', 'receipt:r'));
    expect((await client.errorThenClose()).headers).toMatchObject({ code: 'TOO_LARGE', 'receipt-id': 'r' });
  });

  it('of 1,024 ids in all; one more is refused', async () => {
    const client = await server.connect('1.2');
    for (let n = 1; n <= 1_024; n += 1) client.send(raw('SUBSCRIBE', `id:${n}`, 'destination:/topic/typing'));
    await client.settled();
    client.send(raw('SUBSCRIBE', 'id:1025', 'destination:/topic/typing'));
    expect((await client.errorThenClose()).headers.code).toBe('TOO_LARGE');
  });
});

describe('frames that have to wait', () => {
  it('are kept as the octets that came, not as what they are parsed into, and are all done in the end', async () => {
    const clients = await Promise.all([1, 2].map(() => server.connect('1.2')));
    // Nothing can be stored while somebody else has the file, so what comes behind 256 messages waits.
    const lock = new DatabaseSync(path.join(server.dataDir, 'messages.db'));
    onTestFinished(() => lock.close());
    const begun = raw('BEGIN', 'transaction:t') + raw('ABORT', 'transaction:t');
    const message = chat('x').repeat(256) + begun.repeat(9_000) + raw('BEGIN', 'transaction:t', 'receipt:last');
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    lock.exec('BEGIN IMMEDIATE');
    for (const client of clients) client.send(message);
    let most = 0;
    for (let looks = 0; looks < 4; looks += 1) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      collectGarbage();
      most = Math.max(most, process.memoryUsage().heapUsed - before);
    }
    lock.exec('ROLLBACK');
    expect(most / clients.length).toBeLessThan(2_500_000);
    for (const client of clients) expect((await client.next()).headers['receipt-id']).toBe('last');
  });
});

/** A WebSocket by hand, on a bare socket: it reads only when it is told to. */
class BareWebSocket {
  readonly socket: Socket;

  static async open(at = server): Promise<BareWebSocket> {
    const socket = connect(at.server.port, '127.0.0.1');
    socket.write(
      'GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    const bare = new BareWebSocket(socket);
    await bare.heard('\r\n\r\n');
    return bare;
  }

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => {});
  }

  /** A masked, final frame; the mask is of zeros. */
  frame(opcode: number, payload: string, announced = Buffer.byteLength(payload)): this {
    const head = Buffer.alloc(announced < 126 ? 6 : 14);
    head[0] = 0x80 | opcode;
    if (announced < 126) head[1] = 0x80 | announced;
    else {
      head[1] = 0x80 | 127;
      head.writeBigUInt64BE(BigInt(announced), 2);
    }
    this.socket.write(Buffer.concat([head, Buffer.from(payload)]));
    return this;
  }

  /** Reads until `text` has come, then reads no more. */
  async heard(text: string): Promise<string> {
    const chunks: string[] = [];
    return new Promise((resolve, reject) => {
      const onData = (chunk: Buffer): void => {
        chunks.push(chunk.toString('latin1'));
        if (!chunks.slice(-2).join('').includes(text)) return;
        this.socket.pause().off('data', onData);
        resolve(chunks.join(''));
      };
      this.socket.on('data', onData).resume();
      this.socket.once('close', () => reject(new Error(`closed; got only ${chunks.join('').slice(-300)}`)));
    });
  }
}

/** Whether the peer reads on, as far as half a second shows. */
async function isTaken(socket: Socket): Promise<boolean> {
  const patience = new AbortController();
  const drained = once(socket, 'drain', { signal: patience.signal }).then(
    () => true,
    () => false,
  );
  const timer = setTimeout(() => patience.abort(), 500);
  const taken = await drained;
  clearTimeout(timer);
  return taken;
}

const TEXT = 1;
const PING = 9;

describe('who does not read', () => {
  it('chat: is closed with the place to resume from, once the buffer is over its budget; the others notice nothing', async () => {
    const stuck = await BareWebSocket.open();
    stuck.frame(TEXT, raw('CONNECT', 'accept-version:1.2', 'host:rtd', `login:${newUser('stuck')}`));
    await stuck.heard('CONNECTED');
    stuck.frame(TEXT, raw('SUBSCRIBE', 'id:0', 'destination:/topic/messages', 'receipt:on'));
    await stuck.heard('RECEIPT');

    const sender = await server.connect('1.2');
    const other = await subscribed(await server.connect('1.2'), '/topic/messages');
    // Forty kilobytes each, most of them in headers that are echoed: kernel buffers take some megabytes before ours has to.
    const padding = Array.from({ length: 10 }, (_, n) => `x-${n}:${'p'.repeat(4_000)}`);
    let last = 0;
    for (let round = 0; round < 20; round += 1) {
      for (let n = 0; n < 20; n += 1) sender.send(chat('to everybody', ...padding));
      for (let n = 0; n < 20; n += 1) {
        const { seq } = JSON.parse((await other.nextOf('MESSAGE')).body);
        if (last !== 0) expect(seq).toBe(last + 1);
        last = seq;
      }
    }
    const everything = await stuck.heard('were.\n\0');
    const seqs = [...everything.matchAll(/"seq":(\d+)/g)].map(([, seq]) => Number(seq));
    const error = everything.slice(everything.lastIndexOf('ERROR\n'));
    // It begins again right behind the last message that it got.
    expect(error).toContain(`\nafter-seq:${seqs.at(-1)}\n`);
    expect(error).toContain('\ndestination:/topic/messages\n');
    expect(seqs).toEqual(seqs.map((_, n) => (seqs[0] ?? 0) + n));
    expect(last).toBeGreaterThan(seqs.at(-1) ?? 0);
    stuck.socket.destroy();
  });

  it('answers: is not read from any more, so they do not pile up; and is cut off after 20 s', async () => {
    const clock = new ManualClock();
    const timed = await RuleServer.start({ clock, limits: { SEND_SECONDS: 20 } });
    const greedy = await BareWebSocket.open(timed);
    greedy.frame(TEXT, raw('CONNECT', 'accept-version:1.2', 'host:rtd'));
    await greedy.heard('CONNECTED');
    // Each is answered with a RECEIPT of four kilobytes.
    const receipt = `receipt:${'r'.repeat(4_000)}`;
    const frame = raw('BEGIN', 'transaction:t', receipt) + raw('ABORT', 'transaction:t', receipt);
    let taken = true;
    for (let sent = 0; taken && sent < 100_000_000; sent += frame.length) {
      greedy.frame(TEXT, frame);
      if (greedy.socket.writableLength > 1_000_000) taken = await isTaken(greedy.socket);
    }
    // The server has stopped reading, long before a hundred megabytes.
    expect(taken).toBe(false);
    const connections = async (): Promise<number> =>
      Health.parse(await (await fetch(`${timed.url}/api/websocket/health`)).json()).activeConnections;
    clock.pass(19_000);
    expect(await connections()).toBe(1);
    clock.pass(3_000);
    while ((await connections()) > 0) clock.pass(1_000);
    greedy.socket.destroy();
    await timed.stop();
  });

  it('pings: gets no pongs that pile up', async () => {
    const pinging = await BareWebSocket.open();
    pinging.frame(PING, 'hello');
    expect(await pinging.heard('hello')).toContain('\x8a\x05hello');
    pinging.socket.destroy();
  });
});

describe('before CONNECTED', () => {
  it('a message of 100 KB is refused before it has come', async () => {
    const bare = await BareWebSocket.open();
    // Announced, and only a tenth of it sent: nothing that the parser could have seen.
    bare.frame(TEXT, 'x'.repeat(10_000), 100_000);
    const answer = await bare.heard('\0');
    expect(answer).toContain('ERROR\n');
    expect(answer).toContain('\ncode:TOO_LARGE\n');
    bare.socket.destroy();
  });
});
