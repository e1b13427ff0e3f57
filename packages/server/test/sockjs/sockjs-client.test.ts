/** `sockjs-client`, the library that browsers have, with each transport forced that it can do outside of a browser. */
import { createServer, request as httpRequest } from 'node:http';
import { Client, type IMessage } from '@stomp/stompjs';
import SockJS from 'sockjs-client';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { sharedServer, startTestServer } from '../server/test-server.ts';

const WITHIN = { timeout: 15_000, interval: 10 };
const TRANSPORTS = ['websocket', 'xhr-streaming', 'eventsource', 'xhr-polling'];
const opened: Client[] = [];

afterEach(async () => {
  for (const client of opened.splice(0)) await client.deactivate({ force: true });
});

interface Talker {
  readonly client: Client;
  readonly transport: () => string | undefined;
  readonly errors: string[];
}

/** Connects with stompjs over SockJS and resolves when CONNECTED. */
async function talker(
  server: { url: string },
  transport: string | undefined,
  user: string,
  { base = '/ws-endpoint', headers = {} }: { base?: string; headers?: Record<string, string> } = {},
): Promise<Talker> {
  const errors: string[] = [];
  let used: string | undefined;
  const connected = Promise.withResolvers<void>();
  const client = new Client({
    reconnectDelay: 0,
    connectHeaders: { 'X-User-Id': user, ...headers },
    webSocketFactory: () => {
      const socket = new SockJS(server.url + base, undefined, transport === undefined ? {} : { transports: transport });
      const { onopen } = socket;
      socket.addEventListener('open', () => {
        used = String(Reflect.get(socket, 'transport'));
      });
      return Object.assign(socket, { onopen });
    },
    onConnect: () => connected.resolve(),
    onStompError: (frame) => errors.push(frame.headers.message ?? ''),
    onWebSocketClose: () => connected.reject(new Error('closed before CONNECTED')),
  });
  connected.promise.catch(() => {});
  opened.push(client);
  client.activate();
  await connected.promise;
  return { client, transport: () => used, errors };
}

const server = sharedServer();

describe.each(TRANSPORTS)('over %s', (transport) => {
  it.each(['/ws-endpoint', '/ws'])('chats under %s: subscribe, send, receipt, message, in order', async (base) => {
    const { client, transport: used } = await talker(server(), transport, `ann-${transport}`, { base });
    expect(used()).toBe(transport);
    const seen: string[] = [];
    client.subscribe('/topic/messages', (message: IMessage) => seen.push(JSON.parse(message.body).content), {
      id: 's',
    });
    const receipts: string[] = [];
    const lines = Array.from(
      { length: 20 },
      (_, index) => `${index} ${transport}${base} "quoted" \u00e9\u{1f680}\\ \n end`,
    );
    for (const [index, content] of lines.entries()) {
      client.watchForReceipt(`r${index}`, () => receipts.push(`r${index}`));
      client.publish({
        destination: '/app/chat',
        body: JSON.stringify({ content }),
        headers: { receipt: `r${index}` },
      });
    }
    await vi.waitFor(() => expect(seen).toHaveLength(lines.length), WITHIN);
    expect(seen).toEqual(lines.map((line) => line.trim()));
    await vi.waitFor(() => expect(receipts).toEqual(lines.map((_, index) => `r${index}`)), WITHIN);
  });

  it('reads the ERROR before the close', async () => {
    const { client, errors } = await talker(server(), transport, 'nosy');
    client.subscribe('/user/somebody-else/queue/messages', () => {});
    await vi.waitFor(() => expect(errors).toHaveLength(1), WITHIN);
    await vi.waitFor(() => expect(client.connected).toBe(false), WITHIN);
  });

  it('carries a message of the greatest length, of the most expensive characters', async () => {
    const { client } = await talker(server(), transport, `long-${transport}`);
    const seen: string[] = [];
    client.subscribe('/topic/messages', (message) => seen.push(JSON.parse(message.body).content));
    const content = `${transport}${'\u{1f600}"\\'.repeat(1_300)}`;
    client.publish({ destination: '/app/chat', body: JSON.stringify({ content }) });
    await vi.waitFor(() => expect(seen).toContain(content), WITHIN);
  });

  it('is counted among the connections, and gone when it leaves', async () => {
    const own = await startTestServer();
    const health = async () => (await fetch(`${own.url}/api/websocket/health`)).json();
    const { client } = await talker(own, transport, 'counted');
    expect(await health()).toMatchObject({ activeConnections: 1 });
    await client.deactivate();
    await vi.waitFor(async () => expect(await health()).toMatchObject({ activeConnections: 0 }), WITHIN);
  });
});

it('finds its way by itself through a proxy that refuses WebSocket', async () => {
  const proxy = createServer((request, response) => {
    const { method, url = '', headers } = request;
    const onward = httpRequest({ host: '127.0.0.1', port: server().port, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  });
  let refused = 0;
  proxy.on('upgrade', (_, socket) => {
    refused += 1;
    socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n');
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  const address = proxy.address();
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  const { client, transport } = await talker({ url }, undefined, 'default');
  expect(refused).toBeGreaterThan(0);
  expect(transport()).toBe('xhr-streaming');
  const seen: string[] = [];
  client.subscribe('/topic/messages', (message) => seen.push(JSON.parse(message.body).content));
  client.publish({ destination: '/app/chat', body: JSON.stringify({ content: 'through the proxy' }) });
  await vi.waitFor(() => expect(seen).toContain('through the proxy'), WITHIN);
});
