/** The two STOMP clients that JavaScript programs have: @stomp/stompjs 7, and the old stompjs 2.3.3 with `Stomp.over`. */
import { Client, type StompHeaders } from '@stomp/stompjs';
import Stomp from 'stompjs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { sharedServer, startTestServer } from '../server/test-server.ts';

const WITHIN = { timeout: 15_000, interval: 10 };
const server = sharedServer();
const closings: (() => void)[] = [];
afterEach(() => {
  for (const close of closings.splice(0)) close();
});

const broker = (path = '/ws-endpoint') => `${server().url.replace('http', 'ws')}${path}`;

describe('@stomp/stompjs 7', () => {
  async function connect(
    headers: StompHeaders,
    brokerURL = broker(),
  ): Promise<{ client: Client; connected: StompHeaders }> {
    const { promise, resolve, reject } = Promise.withResolvers<StompHeaders>();
    const client = new Client({
      brokerURL,
      connectHeaders: headers,
      reconnectDelay: 0,
      onConnect: (frame) => resolve(frame.headers),
      onWebSocketClose: () => reject(new Error('closed before CONNECTED')),
    });
    client.webSocketFactory = () => new WebSocket(brokerURL, ['v12.stomp', 'v11.stomp', 'v10.stomp']);
    promise.catch(() => {});
    closings.push(() => void client.deactivate({ force: true }));
    client.activate();
    return { client, connected: await promise };
  }

  it('speaks 1.2 with heart-beats under every path', async () => {
    for (const path of ['/ws', '/ws-endpoint', '/ws/websocket', '/ws-endpoint/websocket']) {
      const { connected } = await connect({ login: 'ann' }, broker(path));
      expect(connected).toMatchObject({ version: '1.2', 'user-name': 'ann', 'heart-beat': '10000,10000' });
    }
  });

  it('chats, in order, with binary and escaped text, and hears of its confirmations', async () => {
    const { client } = await connect({ 'X-User-Id': 'ann' });
    const seen: string[] = [];
    const confirmed: unknown[] = [];
    client.subscribe('/topic/chat', (message) => seen.push(JSON.parse(message.body).content), { 'x:odd': 'a:b\nc' });
    client.subscribe('/user/queue/confirmations', (message) => confirmed.push(JSON.parse(message.body)));
    client.publish({
      destination: '/app/chat',
      body: JSON.stringify({ content: 'as text \u{1f600}', clientMessageId: 'm1' }),
    });
    const binaryBody = new TextEncoder().encode(JSON.stringify({ content: 'as octets \u0001 \u00fc' }));
    client.publish({ destination: '/app/chat', binaryBody, skipContentLengthHeader: false });
    await vi.waitFor(() => expect(seen).toEqual(['as text \u{1f600}', 'as octets \u0001 \u00fc']), WITHIN);
    await vi.waitFor(() => expect(confirmed).toHaveLength(2), WITHIN);
    expect(confirmed[0]).toMatchObject({ clientMessageId: 'm1', status: 'SENT', seq: expect.any(Number) });
  });

  it('acknowledges, refuses and gets again what it refused', async () => {
    const { client: sender } = await connect({ 'X-User-Id': 'sam' });
    const send = (content: string) =>
      sender.publish({ destination: '/app/chat.send', body: JSON.stringify({ recipientId: 'rita', content }) });
    const { client: reader } = await connect({ 'X-User-Id': 'rita' });
    const first: string[] = [];
    const subscription = reader.subscribe(
      '/user/queue/messages',
      (message) => {
        const { content } = JSON.parse(message.body);
        first.push(content);
        if (content === 'one') message.ack();
        else message.nack();
      },
      { ack: 'client-individual' },
    );
    send('one');
    send('two');
    await vi.waitFor(() => expect(first).toEqual(['one', 'two']), WITHIN);
    const gone = Promise.withResolvers<void>();
    reader.watchForReceipt('gone', () => gone.resolve());
    subscription.unsubscribe({ receipt: 'gone' });
    await gone.promise;
    const again: string[] = [];
    reader.subscribe('/user/queue/messages', (message) => again.push(JSON.parse(message.body).content));
    await vi.waitFor(() => expect(again).toEqual(['two']), WITHIN);
  });

  it('commits a transaction as one, and aborts one as none', async () => {
    const { client } = await connect({ 'X-User-Id': 'tom' });
    const seen: { content: string; seq: number }[] = [];
    client.subscribe('/topic/messages', (message) => seen.push(JSON.parse(message.body)));
    const aborted = client.begin();
    client.publish({ destination: '/app/chat', body: '{"content":"never"}', headers: { transaction: aborted.id } });
    aborted.abort();
    const committed = client.begin();
    for (const content of ['first', 'second']) {
      client.publish({
        destination: '/app/chat',
        body: JSON.stringify({ content }),
        headers: { transaction: committed.id },
      });
    }
    committed.commit();
    await vi.waitFor(() => expect(seen.map(({ content }) => content)).toEqual(['first', 'second']), WITHIN);
    expect(seen[1]?.seq).toBe((seen[0]?.seq ?? 0) + 1);
  });

  it('reconnects by itself when the server is back, and resumes behind what it had', async () => {
    const own = await startTestServer();
    const brokerURL = `${own.url.replace('http', 'ws')}/ws`;
    const { client } = await connect({ 'X-User-Id': 'ann' }, brokerURL);
    const seen: number[] = [];
    const subscribed = (message: { body: string }) => seen.push(JSON.parse(message.body).seq);
    client.subscribe('/topic/messages', subscribed, { 'after-seq': '0' });
    for (const content of ['1', '2']) client.publish({ destination: '/app/chat', body: JSON.stringify({ content }) });
    await vi.waitFor(() => expect(seen).toEqual([1, 2]), WITHIN);
    await client.deactivate();
    const missed = await fetch(`${own.url}/api/chat/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"content":"3"}',
    });
    expect(missed.status).toBe(201);
    const { client: back } = await connect({ 'X-User-Id': 'ann' }, brokerURL);
    back.subscribe('/topic/messages', subscribed, { 'after-seq': '2' });
    await vi.waitFor(() => expect(seen).toEqual([1, 2, 3]), WITHIN);
  });
});

describe('stompjs 2.3.3', () => {
  it('Stomp.over a WebSocket: subscribes, sends, acknowledges, commits, and disconnects', async () => {
    const client = Stomp.over(new globalThis.WebSocket(broker(), ['v10.stomp', 'v11.stomp']));
    client.debug = () => {};
    await new Promise<void>((resolve, reject) => {
      client.connect(
        { login: 'olga', passcode: '' },
        () => resolve(),
        (error) => reject(new Error(String(error))),
      );
    });
    closings.push(() => client.disconnect(() => {}));
    const seen: string[] = [];
    client.subscribe('/topic/messages', (message) => seen.push(JSON.parse(message.body).content), { id: 'old' });
    const own: string[] = [];
    client.subscribe(
      '/user/queue/messages',
      (message) => {
        own.push(JSON.parse(message.body).content);
        message.ack();
      },
      { id: 'mine', ack: 'client' },
    );
    client.send('/app/chat', {}, JSON.stringify({ content: 'gr\u00fc\u00dfe: \\ \u{1f680}' }));
    client.send('/app/chat.send', {}, JSON.stringify({ recipientId: 'olga', content: 'to myself' }));
    const transaction = client.begin('t');
    client.send('/app/chat', { transaction: 't' }, JSON.stringify({ content: 'in a transaction' }));
    transaction.commit();
    await vi.waitFor(() => expect(seen).toEqual(['gr\u00fc\u00dfe: \\ \u{1f680}', 'in a transaction']), WITHIN);
    await vi.waitFor(() => expect(own).toEqual(['to myself']), WITHIN);
  });

  it('hears why it is refused', async () => {
    const client = Stomp.over(new globalThis.WebSocket(broker(), ['v10.stomp', 'v11.stomp']));
    client.debug = () => {};
    const refusal = await new Promise<unknown>((resolve) => {
      client.connect({ login: 'olga' }, () => client.subscribe('/nowhere', () => {}), resolve);
    });
    expect(refusal).toMatchObject({ command: 'ERROR', headers: { message: expect.stringContaining('destination') } });
  });
});
