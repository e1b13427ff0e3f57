/** Against a WebSocket server that says what the test wants, byte by byte. */
import type { AddressInfo } from 'node:net';
import { serializeFrame } from '@rtd/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type WebSocket as ServerSocket, WebSocketServer } from 'ws';
import { type ManualClock, manualClock } from '../test/manual-clock.ts';
import { openStompConnection, type StompConnection, type StompEnding, type StompWelcome } from './stomp-connection.ts';

let server: WebSocketServer;
let socket: ServerSocket;
let heard: string;
let clock: ManualClock;
let connection: StompConnection;
let welcome: StompWelcome | undefined;
const arrivals: string[] = [];
const endings: StompEnding[] = [];

beforeEach(async () => {
  server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await vi.waitFor(() => expect(server.address()).not.toBeNull());
  heard = '';
  welcome = undefined;
  endings.length = 0;
  arrivals.length = 0;
  clock = manualClock();
  const arrived = new Promise<ServerSocket>((resolve) => server.once('connection', resolve));
  connection = openStompConnection({
    webSocketUrl: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws-endpoint`,
    WebSocket,
    clock,
    connectHeaders: { host: 'here', 'X-User-Id': 'a:n:a' },
    connectTimeoutMillis: 10_000,
    onWire: ({ direction, bytes }) => {
      if (direction === 'in') arrivals.push(Buffer.from(bytes).toString());
    },
    onConnected: (said) => {
      welcome = said;
    },
    onEnded: (ending) => endings.push(ending),
  });
  socket = await arrived;
  socket.on('message', (bytes: Buffer) => {
    heard += bytes.toString('utf8');
  });
  await vi.waitFor(() => expect(heard).toContain('\0'), { interval: 2 });
});

afterEach(() => {
  connection.close();
  for (const client of server.clients) client.terminate();
  server.close();
  expect(clock.pending).toBe(0);
});

const until = (check: () => void): Promise<void> => vi.waitFor(check, { interval: 2 });

async function connected(head = 'version:1.2\nuser-name:ana\nheart-beat:10000,10000'): Promise<void> {
  socket.send(`CONNECTED\n${head}\n\n\0`);
  await until(() => expect(welcome).toBeDefined());
  heard = '';
}

const ended = async (): Promise<StompEnding | undefined> => {
  await until(() => expect(endings).toHaveLength(1));
  return endings[0];
};

describe('at the start', () => {
  it('offers every version and a heart-beat, and CONNECT’s headers unescaped', () => {
    expect(heard).toBe('CONNECT\naccept-version:1.0,1.1,1.2\nheart-beat:10000,10000\nhost:here\nX-User-Id:a:n:a\n\n\0');
    expect(socket.protocol).toBe('v12.stomp');
  });

  it('says who the server takes it for, and which version is spoken', async () => {
    await connected();
    expect(welcome).toEqual({ version: '1.2', userName: 'ana' });
  });

  it('gives up on a server that does not answer within 10 s', async () => {
    await clock.advance(9_999);
    expect(endings).toEqual([]);
    await clock.advance(1);
    expect(await ended()).toEqual({ kind: 'silent', connected: false });
  });

  it('tells an ERROR with its code', async () => {
    socket.send('ERROR\nmessage:no\\c way\ncode:UNAUTHENTICATED\n\n\0');
    expect(await ended()).toMatchObject({ kind: 'error', connected: false, code: 'UNAUTHENTICATED' });
  });
});

describe('while it lasts', () => {
  it('takes frames in any pieces, text or binary, and speaks the version that was agreed on', async () => {
    await connected('version:1.1');
    const onMessage = vi.fn();
    const onReceipt = vi.fn();
    const id = connection.subscribe({ destination: '/topic/a:b', headers: { 'after-seq': '0' }, onMessage, onReceipt });
    await until(() =>
      expect(heard).toBe(`SUBSCRIBE\nid:${id}\ndestination:/topic/a\\cb\nreceipt:${id}\nafter-seq:0\n\n\0`),
    );
    const bytes = serializeFrame(
      {
        command: 'MESSAGE',
        headers: [
          ['subscription', id],
          ['message-id', '1'],
          ['destination', '/topic/a:b'],
        ],
        body: '"é"',
      },
      '1.1',
    );
    for (const byte of bytes) socket.send(Uint8Array.of(byte));
    socket.send(`\nRECEIPT\nreceipt-id:${id}\n\n\0`);
    await until(() => expect(onReceipt).toHaveBeenCalledOnce());
    expect(onMessage).toHaveBeenCalledOnce();
    connection.unsubscribe(id);
    socket.send(bytes);
    socket.send('RECEIPT\nreceipt-id:unknown\n\n\0');
    await until(() => expect(heard).toContain(`UNSUBSCRIBE\nid:${id}\n\n\0`));
    expect(onMessage).toHaveBeenCalledOnce();
    expect(endings).toEqual([]);
  });

  it('beats within every 10 s in which it says nothing else, and not more', async () => {
    await connected();
    for (let second = 0; second < 60; second++) {
      socket.send('\n');
      await clock.advance(1_000);
    }
    await until(() => expect(heard.length).toBeGreaterThanOrEqual(6));
    expect(heard).toMatch(/^\n{6,9}$/);
  });

  it('takes 20 s without a byte for the end, and any byte for life', async () => {
    await connected();
    await clock.advance(19_000);
    socket.send('\n');
    await until(() => expect(arrivals.at(-1)).toBe('\n'));
    await clock.advance(19_000);
    expect(endings).toEqual([]);
    await clock.advance(1_000);
    expect(await ended()).toEqual({ kind: 'silent', connected: true });
  });

  it('neither beats nor waits where the server wants none', async () => {
    await connected('version:1.2');
    await clock.advance(3_600_000);
    expect([heard, endings]).toEqual(['', []]);
  });

  it.each([
    ['what is no STOMP', 'hello\0'],
    ['a second CONNECTED', 'CONNECTED\nversion:1.2\n\n\0'],
    ['a frame of a client', 'SEND\ndestination:/x\n\n\0'],
  ])('ends over %s', async (_, text) => {
    await connected();
    socket.send(text);
    expect(await ended()).toMatchObject({ kind: 'garbled', connected: true });
  });

  it('tells how the server closed it', async () => {
    await connected();
    socket.close(1012, 'restart');
    expect(await ended()).toEqual({ kind: 'lost', connected: true, code: 1012, reason: 'restart' });
  });

  it('names the frame that an ERROR is about', async () => {
    await connected();
    const id = connection.subscribe({ destination: '/topic/x', onMessage: () => {} });
    socket.send(`ERROR\nreceipt-id:${id}\nmessage:denied\ncode:FORBIDDEN\n\nlong text\0`);
    expect(await ended()).toEqual({
      kind: 'error',
      connected: true,
      message: 'denied',
      code: 'FORBIDDEN',
      receiptId: id,
    });
  });
});

describe('at the end', () => {
  it('says DISCONNECT, waits for its RECEIPT, and reports nothing', async () => {
    await connected();
    const done = connection.disconnect();
    await until(() => expect(heard).toMatch(/^DISCONNECT\nreceipt:\d+\n\n\0$/));
    socket.send(`RECEIPT\nreceipt-id:${/receipt:(\d+)/.exec(heard)?.[1]}\n\n\0`);
    await done;
    await vi.waitFor(() => expect(socket.readyState).toBe(socket.CLOSED));
    expect(endings).toEqual([]);
  });

  it('does not wait longer than 2 s, nor for a server that is gone', async () => {
    await connected();
    const done = connection.disconnect();
    await clock.advance(2_000);
    await done;
    expect(endings).toEqual([]);
  });
});
