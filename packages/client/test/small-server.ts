/** A small server that speaks the contract: chat over STOMP and polling, prices over SSE. In memory, one conversation. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { StompParser, serializeFrame } from '@rtd/protocol';
import { type WebSocket, WebSocketServer } from 'ws';

interface Kept {
  readonly id: string;
  readonly conversationId: string;
  readonly seq: number;
  readonly senderId: string;
  readonly content: string;
  readonly clientMessageId: string;
}

export interface SmallServer {
  readonly url: string;
  readonly messages: readonly Kept[];
  say(content: string): void;
  tick(price: number): void;
  close(): Promise<void>;
}

const AT = '2026-01-31T09:00:00.000Z';

export async function startSmallServer(): Promise<SmallServer> {
  const messages: Kept[] = [];
  const ticks: unknown[] = [];
  const listeners = new Set<(message: Kept) => void>();
  const streams = new Set<http.ServerResponse>();
  const wire = (message: Kept): object => ({
    ...message,
    senderName: message.senderId,
    type: 'TEXT',
    status: 'SENT',
    timestamp: AT,
  });
  const store = (senderId: string, content: string, clientMessageId: string): Kept => {
    const known = messages.find((message) => message.clientMessageId === clientMessageId);
    if (known !== undefined) return known;
    const seq = messages.length + 1;
    const message = { id: `m${seq}`, conversationId: 'global', seq, senderId, content, clientMessageId };
    messages.push(message);
    for (const listener of [...listeners]) listener(message);
    return message;
  };

  const server = http.createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://x');
    const json = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    const after = Number(url.searchParams.get('after') ?? 0);
    switch (url.pathname) {
      case '/api/websocket/health':
        return json(200, {
          status: 'UP',
          activeConnections: 0,
          onlineUsers: 0,
          sseConnections: 0,
          serverId: 's',
          timestamp: AT,
        });
      case '/api/conversations':
        return json(200, []);
      case '/api/chat/history':
        return json(200, { messages: messages.filter(({ seq }) => seq > after).map(wire), hasMore: false });
      case '/api/chat/poll': {
        const answer = (): void =>
          json(200, { messages: messages.filter(({ seq }) => seq > after).map(wire), hasMore: false });
        if (messages.length > after) return answer();
        const listener = (): void => {
          listeners.delete(listener);
          answer();
        };
        listeners.add(listener);
        response.on('close', () => listeners.delete(listener));
        return;
      }
      case '/api/chat/messages': {
        let text = '';
        for await (const chunk of request) text += chunk;
        const { content, clientMessageId } = JSON.parse(text);
        return json(201, wire(store(String(request.headers['x-user-id']), content, clientMessageId)));
      }
      case '/stream': {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        const last = request.headers['last-event-id'];
        response.write(
          `event: connected\ndata: {"serverId":"s","symbols":["BTC"],"resumed":${last !== undefined}}\n\n`,
        );
        if (last === undefined)
          response.write(`event: snapshot\nid: 0:${ticks.length - 1}\ndata: ${JSON.stringify(ticks.slice(-1))}\n\n`);
        else {
          const from = Number(String(last).split(':')[1]) + 1;
          ticks.slice(from).forEach((tick, index) => {
            response.write(`event: market-tick\nid: 0:${from + index}\ndata: ${JSON.stringify(tick)}\n\n`);
          });
        }
        streams.add(response);
        response.on('close', () => streams.delete(response));
        return;
      }
      default:
        return json(404, { error: { code: 'NOT_FOUND', message: 'No such path.' } });
    }
  });

  const sockets = new WebSocketServer({ server, path: '/ws-endpoint', handleProtocols: () => 'v12.stomp' });
  sockets.on('connection', (socket: WebSocket) => {
    let user = '';
    const subscriptions = new Map<string, { destination: string; listener: (message: Kept) => void }>();
    const write = (command: string, headers: Record<string, string>, body?: unknown): void => {
      socket.send(
        serializeFrame(
          { command, headers: Object.entries(headers), body: body === undefined ? undefined : JSON.stringify(body) },
          '1.2',
        ),
      );
    };
    const deliver = (id: string, destination: string, body: unknown): void => {
      write('MESSAGE', { subscription: id, destination, 'message-id': 'x' }, body);
    };
    const parser = new StompParser({
      role: 'server',
      onFrame: ({ command, headers, body }) => {
        const destination = headers.get('destination') ?? '';
        const id = headers.get('id') ?? '';
        if (command === 'CONNECT') {
          user = headers.get('X-User-Id') ?? 'guest';
          parser.version = '1.2';
          write('CONNECTED', { version: '1.2', 'user-name': user, 'heart-beat': '10000,10000' });
        } else if (command === 'SUBSCRIBE') {
          const listener = (message: Kept): void => {
            if (destination === '/topic/messages') deliver(id, destination, wire(message));
          };
          for (const message of messages)
            if (message.seq > Number(headers.get('after-seq') ?? Infinity)) listener(message);
          listeners.add(listener);
          subscriptions.set(id, { destination, listener });
        } else if (command === 'SEND' && destination === '/app/chat') {
          const { content, clientMessageId } = JSON.parse(new TextDecoder().decode(body));
          const message = store(user, content, clientMessageId);
          for (const [subscription, { destination: to }] of subscriptions) {
            if (to === '/user/queue/confirmations')
              deliver(subscription, to, { ...message, status: 'SENT', timestamp: AT });
          }
        }
        const receipt = headers.get('receipt');
        if (receipt !== undefined) write('RECEIPT', { 'receipt-id': receipt });
        if (command === 'DISCONNECT') socket.close();
      },
    });
    socket.on('message', (data: Buffer) => parser.push(data));
    socket.on('close', () => {
      for (const { listener } of subscriptions.values()) listeners.delete(listener);
    });
  });

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    messages,
    say: (content) => void store('somebody', content, `s${messages.length}`),
    tick: (price) => {
      const tick = { symbol: 'BTC', price, change: 0, changePercent: 0, volume: 1, timestamp: AT };
      ticks.push(tick);
      for (const stream of streams)
        stream.write(`event: market-tick\nid: 0:${ticks.length - 1}\ndata: ${JSON.stringify(tick)}\n\n`);
    },
    close: async () => {
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
