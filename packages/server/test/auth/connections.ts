/** A connection of each kind that a server keeps open, so that a test can see how each of them ends. */
import { randomUUID } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { expect, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { ask, eventually } from '../server/test-server.ts';

export interface OpenConnection {
  /** What has come. */
  readonly text: () => string;
  readonly ended: () => boolean;
}

interface Address {
  readonly port: number;
}

const connectFrame = (authorization: string) =>
  `CONNECT\naccept-version:1.2\nhost:x\nAuthorization:${authorization}\n\n\0`;

function webSocket(server: Address, path: string, wrap: (frame: string) => string) {
  return async (authorization: string): Promise<OpenConnection> => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}${path}`);
    onTestFinished(() => socket.terminate());
    let text = '';
    let ended = false;
    socket.on('message', (data) => {
      text += String(data);
    });
    socket.on('close', () => {
      ended = true;
    });
    socket.on('error', () => {});
    socket.on('open', () => socket.send(wrap(connectFrame(authorization))));
    await eventually(() => text).toMatch(/CONNECTED|ERROR/);
    return { text: () => text, ended: () => ended };
  };
}

/** A response whose body can be looked at while it comes. */
function streamed(server: Address, method: 'GET' | 'POST', path: string, authorization?: string): OpenConnection {
  let text = '';
  let ended = false;
  const headers = authorization === undefined ? {} : { authorization };
  const request = httpRequest({ port: server.port, method, path, headers, agent: false }, (response) => {
    response.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    response.on('close', () => {
      ended = true;
    });
  });
  request.on('error', () => {});
  request.end();
  onTestFinished(() => void request.destroy());
  return { text: () => text, ended: () => ended };
}

const sockjsSend = (server: Address, path: string, authorization: string) =>
  ask(server, `${path}/xhr_send`, { body: JSON.stringify([connectFrame(authorization)]) });

function sockjsStream(server: Address, method: 'GET' | 'POST', kind: string) {
  return async (authorization: string): Promise<OpenConnection> => {
    const path = `/ws/000/${randomUUID()}`;
    const stream = streamed(server, method, `${path}/${kind}`);
    await eventually(stream.text).toMatch(/o\r?\n/);
    expect((await sockjsSend(server, path, authorization)).status).toBe(204);
    await eventually(stream.text).toMatch(/CONNECTED|ERROR/);
    return stream;
  };
}

async function sockjsPolling(server: Address, authorization: string): Promise<OpenConnection> {
  const path = `/ws/000/${randomUUID()}`;
  let text = '';
  const poll = async (): Promise<string> => {
    text += (await ask(server, `${path}/xhr`, { method: 'POST' })).text;
    return text;
  };
  await poll();
  await sockjsSend(server, path, authorization);
  await eventually(poll).toMatch(/CONNECTED|ERROR/);
  const goOn = (): void =>
    void poll().then(
      () => /c\[\d+,/.test(text) || goOn(),
      () => {},
    );
  goOn();
  return { text: () => text, ended: () => /c\[\d+,/.test(text) };
}

async function longPoll(server: Address, path: string, authorization: string): Promise<OpenConnection> {
  let text = '';
  const answer = ask(server, path, { headers: { authorization } });
  void answer.then((got) => {
    text = `${got.status} ${got.text}`;
  });
  // Behind it, so that it is being waited for at the server by then.
  for (let n = 0; n < 5; n += 1) await ask(server, '/healthz');
  return { text: () => text, ended: () => text !== '' };
}

/** Kind -> how to open one with an `Authorization`; resolves when it is open, or refused. */
export function connectionsOf(server: Address): Readonly<Record<string, (auth: string) => Promise<OpenConnection>>> {
  return {
    WebSocket: webSocket(server, '/ws', (frame) => frame),
    'SockJS WebSocket': webSocket(server, `/ws/000/${randomUUID()}/websocket`, (frame) => JSON.stringify([frame])),
    'SockJS xhr_streaming': sockjsStream(server, 'POST', 'xhr_streaming'),
    'SockJS eventsource': sockjsStream(server, 'GET', 'eventsource'),
    'SockJS xhr polling': (authorization) => sockjsPolling(server, authorization),
    'event stream': async (authorization) => {
      const stream = streamed(server, 'GET', '/stream', authorization);
      await eventually(stream.text).not.toBe('');
      return stream;
    },
    'chat poll': (authorization) => longPoll(server, '/api/chat/poll?wait=30', authorization),
    'market poll': async (authorization) => {
      const first = await ask(server, '/api/market/poll?wait=0', { headers: { authorization } });
      const id = /"id":"([^"]*)"/.exec(first.text)?.[1] ?? '';
      return longPoll(server, `/api/market/poll?wait=30&after=${encodeURIComponent(id)}`, authorization);
    },
  };
}
