import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseStompTarget } from '../wire/target.ts';
import { SeenBytes } from './seen-bytes.ts';
import { Stamps } from './stamp.ts';
import { StompLoadConnection } from './stomp-load-connection.ts';

const stamps = new Stamps(() => 0.5);

let server: Server;
let seen: SeenBytes;
/** What the server answers SUBSCRIBE with, in one write. */
let answer = '';
const sockets: Socket[] = [];

beforeEach(async () => {
  seen = new SeenBytes();
  server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => {
      const text = bytes.toString();
      if (text.startsWith('CONNECT\n')) socket.write('CONNECTED\nversion:1.2\n\n\0');
      if (text.includes('SUBSCRIBE\n')) socket.write(answer);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server.close();
});

function message(number: number): string {
  return `MESSAGE\nsubscription:load\nmessage-id:${number}\ndestination:/x\n\n<${stamps.write(number)}>\0`;
}

const CONFIRMED = 'RECEIPT\nreceipt-id:subscribed-load\n\n\0';

interface Heard {
  readonly numbers: number[];
  readonly parsed: number[];
  readonly receipts: string[];
  readonly refusals: string[];
  bytes: number;
  closed: string | undefined;
}

async function connected(): Promise<Heard> {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const heard: Heard = { numbers: [], parsed: [], receipts: [], refusals: [], bytes: 0, closed: undefined };
  await new Promise<void>((resolve) => {
    new StompLoadConnection(
      {
        target: parseStompTarget(`stomp://127.0.0.1:${port}`),
        localAddress: undefined,
        headers: [],
        authorization: undefined,
        httpHeaders: [],
        subscriptions: [
          { id: 'load', destination: '/x', headers: [], isForRefusals: false },
          { id: 'refusals', destination: '/errors', headers: [], isForRefusals: true },
        ],
        receipts: true,
        heartBeatMillis: 0,
        stamps,
        seen,
      },
      {
        onConnected: () => undefined,
        onReady: resolve,
        onMessages: (numbers) => heard.numbers.push(...numbers),
        onParsed: (number) => heard.parsed.push(number),
        onReceipt: (receiptId) => heard.receipts.push(receiptId),
        onRefusal: (body) => heard.refusals.push(body),
        onBytes: (length) => {
          heard.bytes += length;
        },
        onHeartBeat: () => undefined,
        onClosed: (why) => {
          heard.closed = why;
          resolve();
        },
      },
    );
  });
  return heard;
}

const BOTH_CONFIRMED = `${CONFIRMED}RECEIPT\nreceipt-id:subscribed-refusals\n\n\0`;

test('messages count whatever else comes in the same read, before or behind them', async () => {
  const refusal = 'MESSAGE\nsubscription:refusals\nmessage-id:r\ndestination:/errors\n\nno\0';
  answer = `${message(1)}${BOTH_CONFIRMED}${message(2)}${refusal}\n${message(3)}RECEIPT\nreceipt-id:7\n\n\0${message(4)}`;
  const heard = await connected();
  await expect.poll(() => heard.numbers).toEqual([1, 2, 3, 4]);
  expect(heard).toMatchObject({ receipts: ['7'], refusals: ['no'], closed: undefined });
});

test('bytes that another connection got before are not parsed again, and count the same', async () => {
  answer = BOTH_CONFIRMED;
  const [first, second] = [await connected(), await connected()];
  const [one, other] = sockets;
  const bytes = message(1) + message(2);
  one?.write(bytes);
  await expect.poll(() => first.numbers).toEqual([1, 2]);
  other?.write(bytes);
  await expect.poll(() => second.numbers).toEqual([1, 2]);
  expect(first.parsed).toEqual([1, 2]);
  expect(second.parsed).toEqual([]);
  // In the middle of a frame the same bytes mean something else: here they are the body of one message.
  const head = `MESSAGE\nsubscription:load\nmessage-id:3\ndestination:/x\ncontent-length:${bytes.length}\n\n`;
  const before = second.bytes;
  other?.write(head);
  await expect.poll(() => second.bytes).toBe(before + head.length);
  other?.write(bytes);
  await expect.poll(() => second.bytes).toBe(before + head.length + bytes.length);
  other?.write('\0');
  await expect.poll(() => second.numbers).toEqual([1, 2, 1]);
});

test('an ERROR ends it, with what it said', async () => {
  answer = 'ERROR\nmessage:no such destination\n\n\0';
  expect((await connected()).closed).toBe('ERROR: no such destination');
});
