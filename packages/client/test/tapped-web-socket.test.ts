/** What the tap tells of is what was on the wire: held against the bytes that a TCP proxy has seen go by. */
import type { AddressInfo } from 'node:net';
import net from 'node:net';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { WebSocket as ForeignSocket, WebSocketServer } from 'ws';
import { type ChatSession, connectChat, systemClock } from '../src/index.ts';
import { tappedWebSocket, type WireFrame, type WireHandshake } from '../src/node.ts';
import { closedAfterTest } from './closing.ts';
import { startTestServer, type TestServer } from './test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

interface Tapped {
  readonly chat: ChatSession;
  readonly frames: WireFrame[];
  readonly handshakes: WireHandshake[];
}

function tapped(url: string, userId = 'ana'): Tapped {
  const frames: WireFrame[] = [];
  const handshakes: WireHandshake[] = [];
  const listener = {
    onFrame: (frame: WireFrame) => frames.push(frame),
    onHandshake: (handshake: WireHandshake) => handshakes.push(handshake),
  };
  const WebSocket = tappedWebSocket(listener, systemClock);
  const chat = closedAfterTest(connectChat({ url, identity: { userId }, transport: 'ws', WebSocket }));
  return { chat, frames, handshakes };
}

/** Passes bytes on, and keeps them. */
async function startListening(target: string) {
  const seen = { in: Buffer.alloc(0), out: Buffer.alloc(0) };
  const { hostname, port } = new URL(target);
  const listening = net.createServer((client) => {
    const upstream = net.connect(Number(port), hostname);
    for (const socket of [client, upstream]) socket.on('error', () => socket.destroy());
    let isWebSocket = false;
    client.on('data', (bytes) => {
      isWebSocket ||= bytes.includes('upgrade: websocket');
      if (isWebSocket) seen.out = Buffer.concat([seen.out, bytes]);
      upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      if (isWebSocket) seen.in = Buffer.concat([seen.in, bytes]);
      client.write(bytes);
    });
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  closedAfterTest({ close: () => void listening.close() });
  return { url: `http://127.0.0.1:${(listening.address() as AddressInfo).port}`, seen };
}

const textOf = ({ payload }: WireFrame): string => Buffer.from(payload).toString();
const sum = (frames: readonly WireFrame[], direction: string): number =>
  frames
    .filter((frame) => frame.direction === direction)
    .reduce((total, { headLength, payloadLength }) => total + headLength + payloadLength, 0);

it('tells of the handshake and of every frame, both ways, with the three forms of length and the real masks', async () => {
  const proxy = await startListening(server.url);
  const { chat, frames, handshakes } = tapped(proxy.url);
  const heard: string[] = [];
  await chat.subscribe('global', { backlog: 0, onMessage: ({ content }) => heard.push(content) }).ready;
  // Headers of the sender's own are echoed: that makes frames as large as one likes.
  const large = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`x-${index}`, 'y'.repeat(3_500)]));
  for (const sending of [
    chat.send({ content: 'short' }),
    chat.send({ content: 'z'.repeat(4_000) }),
    chat.send({ content: 'large', headers: large }),
  ]) {
    expect(await sending.settled).toMatchObject({ kind: 'sent' });
  }
  await vi.waitFor(() => expect(heard.length).toBe(3), { timeout: 10_000 });
  const forms = (direction: 'in' | 'out', opcode: number): Set<number> =>
    new Set(
      frames
        .filter((frame) => frame.direction === direction && frame.opcode === opcode && frame.fin)
        .map(({ lengthField }) => Math.max(125, lengthField)),
    );
  expect(forms('out', 2)).toEqual(new Set([125, 126, 127]));
  expect(forms('in', 2)).toEqual(new Set([125, 126, 127]));
  expect(frames.every(({ direction, maskingKey }) => (maskingKey !== undefined) === (direction === 'out'))).toBe(true);
  expect(textOf(frames[0] ?? expect.fail())).toMatch(/^CONNECT\n/);

  // Octet by octet what went through the proxy: heads, masks, order.
  for (const direction of ['in', 'out'] as const) {
    const start = proxy.seen[direction].indexOf('\r\n\r\n') + 4;
    await vi.waitFor(() => expect(proxy.seen[direction].length - start).toBe(sum(frames, direction)));
    const bytes = proxy.seen[direction];
    let at = start;
    for (const frame of frames.filter((each) => each.direction === direction)) {
      expect(bytes.subarray(at, at + frame.headLength)).toEqual(Buffer.from(frame.head));
      const payload = bytes.subarray(at + frame.headLength, at + frame.headLength + frame.payload.length);
      const key = frame.maskingKey;
      const plain = key === undefined ? payload : payload.map((octet, index) => octet ^ (key[index % 4] ?? 0));
      expect(Buffer.from(plain).equals(frame.payload)).toBe(true);
      at += frame.headLength + frame.payloadLength;
    }
  }
  const [request, response] = handshakes;
  expect(proxy.seen.out.toString('latin1')).toContain(request?.text ?? 'nothing');
  expect(response?.text).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\n/);
  const accept = /sec-websocket-accept: (.*)\r\n/i.exec(proxy.seen.in.toString('latin1'))?.[1];
  expect(response?.text).toContain(accept);
  await chat.close();
  await vi.waitFor(() => expect(frames.filter(({ opcode }) => opcode === 8).length).toBe(2));
});

it('tells of fragments, pings and pongs one by one', async () => {
  const relay = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  closedAfterTest({
    close: () => {
      for (const client of relay.clients) client.terminate();
      relay.close();
    },
  });
  // In front of the real server: cuts each of its messages in two, with a ping between them.
  relay.on('connection', (client, request) => {
    const upstream = new ForeignSocket(`${server.url.replace('http', 'ws')}${request.url ?? ''}`, ['v12.stomp']);
    const opened = new Promise((resolve) => upstream.once('open', resolve));
    client.on('message', (data, isBinary) => void opened.then(() => upstream.send(data, { binary: isBinary })));
    upstream.on('message', (data: Buffer, isBinary) => {
      client.send(data.subarray(0, 5), { fin: false, binary: isBinary });
      client.ping('still there?');
      client.send(data.subarray(5), { fin: true, binary: isBinary });
    });
    client.on('close', () => upstream.close());
  });
  await vi.waitFor(() => expect(relay.address()).not.toBeNull());
  const { chat, frames } = tapped(`http://127.0.0.1:${(relay.address() as AddressInfo).port}`, 'bob');
  await vi.waitFor(() => expect(chat.state.kind).toBe('live'), { timeout: 10_000 });
  await vi.waitFor(() => expect(frames.some(({ opcode }) => opcode === 10)).toBe(true));
  const came = frames.filter(({ direction }) => direction === 'in');
  expect(came.slice(0, 3)).toMatchObject([
    { fin: false, opcode: 2, payloadLength: 5 },
    { fin: true, opcode: 9, payloadLength: 12 },
    { fin: true, opcode: 0 },
  ]);
  expect(textOf(came[0] ?? expect.fail()) + textOf(came[2] ?? expect.fail())).toMatch(/^CONNECTED\n/);
  expect(frames.find(({ opcode }) => opcode === 10)).toMatchObject({ direction: 'out', payloadLength: 12 });
});

it('tells of its own WebSocket only, and lets go of others', async () => {
  const [one, other] = [tapped(server.url, 'carol'), tapped(server.url, 'dave')];
  const silent = closedAfterTest(connectChat({ url: server.url, identity: { userId: 'erin' } }));
  for (const chat of [one.chat, other.chat, silent]) {
    await vi.waitFor(() => expect(chat.state.kind).toBe('live'), { timeout: 10_000 });
  }
  for (const [{ frames }, name] of [
    [one, 'carol'],
    [other, 'dave'],
  ] as const) {
    const connects = frames.map(textOf).filter((text) => text.startsWith('CONNECT\n'));
    expect(connects.length).toBe(1);
    expect(connects[0]).toContain(name);
    expect(frames.filter(({ direction }) => direction === 'in').map(textOf)[0]).toMatch(/^CONNECTED/);
  }
});
