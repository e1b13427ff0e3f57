/** Two servers behind nginx as the compose file has them: every transport, sticky where it must be, and failover. */
import { once } from 'node:events';
import { request } from 'node:http';
import { type ChatSession, connectChat, createHttpApi } from '@rtd/client';
import { TickerSymbol } from '@rtd/protocol';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';
import { freePort } from '../../src/services/free-port.ts';
import { newFolder, type Server, serve } from '../running.ts';
import { type Nginx, nginxProgram, startNginx } from './nginx.ts';

const program = nginxProgram();
const [mysqlUrl, redisUrl, kafkaBrokers] = [inject('mysqlUrl'), inject('redisUrl'), inject('kafkaBrokers')];
const WITHIN = { timeout: 30_000, interval: 20 };
const CONNECT = JSON.stringify(['CONNECT\naccept-version:1.2\nhost:rtd\n\n\0']);

interface Backend {
  readonly port: number;
  readonly dataDir: string;
  readonly env: Record<string, string>;
  running: Server;
}

describe.skipIf(program === undefined || !mysqlUrl || !redisUrl || !kafkaBrokers)('nginx', { timeout: 90_000 }, () => {
  let nginx: Nginx;
  let backends: [Backend, Backend];

  beforeAll(async () => {
    const database = new URL(mysqlUrl ?? '');
    database.pathname = `/behind_nginx_${process.pid}`;
    const shared = {
      RTD_MYSQL_URL: database.href,
      RTD_REDIS_URL: redisUrl ?? '',
      RTD_KAFKA_BROKERS: kafkaBrokers ?? '',
      RTD_LIMIT_SSE_PER_USER: '2',
      RTD_TRUSTED_PROXIES: '127.0.0.1',
    };
    const begin = async (name: string): Promise<Backend> => {
      const place = {
        port: await freePort(),
        dataDir: newFolder(),
        env: { ...shared, SERVER_ID: `${name}-${process.pid}` },
      };
      return { ...place, running: await serve(place) };
    };
    backends = [await begin('one'), await begin('two')];
    nginx = await startNginx(program ?? '', [backends[0].port, backends[1].port]);
  }, 120_000);

  afterAll(async () => {
    await nginx?.close();
    for (const { running } of backends ?? []) await running[Symbol.asyncDispose]();
  });

  const connections = (backend: Backend) => countOf(backend.running.url);

  function people(count: number): ChatSession[] {
    const sessions = Array.from({ length: count }, (_, index) =>
      connectChat({ url: nginx.url, identity: { userId: `user-${index}` }, transport: 'ws' }),
    );
    onTestFinished(async () => void (await Promise.all(sessions.map((session) => session.close()))));
    return sessions;
  }

  const allLive = (sessions: readonly ChatSession[]) =>
    vi.waitFor(() => {
      for (const { state } of sessions) expect(state.kind).toBe('live');
    }, WITHIN);

  test('WebSockets are upgraded, spread over both servers, and everybody sees every message', async () => {
    const sessions = people(20);
    const seen = sessions.map((session) => {
      const messages: string[] = [];
      session.subscribe('global', { onMessage: ({ content }) => void messages.push(content) });
      return messages;
    });
    await allLive(sessions);
    await vi.waitFor(async () => {
      const counts = [await connections(backends[0]), await connections(backends[1])];
      expect(counts.reduce((sum, count) => sum + count)).toBe(20);
      expect(Math.min(...counts)).toBeGreaterThan(0);
    }, WITHIN);
    await sessions[0]?.send({ content: 'through nginx' }).settled;
    await vi.waitFor(() => {
      for (const messages of seen) expect(messages).toContain('through nginx');
    }, WITHIN);
  });

  test('the requests of a SockJS session all reach the server that has it, and its stream is not held up', async () => {
    for (const base of ['ws', 'ws-endpoint']) {
      for (let session = 0; session < 8; session += 1) {
        const address = `${nginx.url}/${base}/000/sticky${session}`;
        const stop = new AbortController();
        const stream = await fetch(`${address}/xhr_streaming`, { method: 'POST', signal: stop.signal });
        const next = textOf(stream);
        expect(await next(/(^|\n)o\n/)).toBeDefined();
        expect((await fetch(`${address}/xhr_send`, { method: 'POST', body: CONNECT })).status).toBe(204);
        expect(await next(/CONNECTED/)).toContain('version:1.2');
        stop.abort();
      }
    }
    expect((await fetch(`${nginx.url}/ws/info`)).status).toBe(200);
  });

  test('events of /stream arrive one by one, at once', async () => {
    const stop = new AbortController();
    onTestFinished(() => stop.abort());
    const symbol = TickerSymbol.parse(`NGINX${process.pid}`);
    const asked = performance.now();
    const stream = await fetch(`${nginx.url}/stream?symbols=${symbol}&access_token=hunter2`, { signal: stop.signal });
    const next = textOf(stream);
    expect(await next(/event: ?connected/)).toBeDefined();
    expect(performance.now() - asked).toBeLessThan(2_000);
    for (const price of [1, 2, 3]) {
      const sent = performance.now();
      await createHttpApi({ url: nginx.url }).postTicks([{ symbol, price }]);
      expect(await next(new RegExp(`"price":${price}\\b`))).toBeDefined();
      expect(performance.now() - sent).toBeLessThan(3_000);
    }
    expect(nginx.accessLog()).not.toContain('hunter2');
  });

  test('anonymous streams count against their own address, whatever they say of it', async () => {
    const { port } = nginx;
    const open = async (to: number, localAddress: string, headers: Record<string, string> = {}): Promise<number> => {
      const asking = request({ host: '127.0.0.1', port: to, path: '/stream', localAddress, headers, agent: false });
      onTestFinished(() => void asking.destroy());
      asking.on('error', () => {}).end();
      const [response] = await once(asking, 'response');
      return z.object({ statusCode: z.int() }).parse(response).statusCode;
    };
    // Two on each server, whichever is asked first; a refusal is passed to the other one.
    for (const address of ['127.0.0.2', '127.0.0.3']) {
      const statuses = [];
      for (let count = 0; count < 5; count += 1) statuses.push(await open(port, address));
      expect(statuses).toEqual([200, 200, 200, 200, 503]);
    }
    for (const claimed of ['198.51.100.1', '127.0.0.1', '198.51.100.1, 127.0.0.1'])
      expect(await open(port, '127.0.0.2', { 'X-Forwarded-For': claimed, 'X-Forwarded-Proto': 'https' })).toBe(503);
    // Past nginx, and not from where a proxy is trusted.
    const direct = (claimed: string) => open(backends[0].port, '127.0.0.4', { 'X-Forwarded-For': claimed });
    expect([await direct('198.51.100.1'), await direct('198.51.100.2'), await direct('198.51.100.3')]).toEqual([
      200, 200, 503,
    ]);
  });

  test('a long poll that finds nothing is answered in its time, and metrics are not for everybody', async () => {
    expect((await fetch(`${nginx.url}/metrics`)).status).toBe(404);
    const { messages } = await createHttpApi({ url: nginx.url }).history({ conversationId: 'global' });
    const after = messages.at(-1)?.seq ?? 0;
    const poll = await fetch(`${nginx.url}/api/chat/poll?conversationId=global&after=${after}&wait=2`);
    expect(await poll.json()).toEqual({ messages: [], hasMore: false });
  });

  test('a server is killed: requests go to the other one, clients come back there and have missed nothing', async () => {
    const sessions = people(12);
    const reader = sessions[0];
    const seqs: number[] = [];
    reader?.subscribe('global', { onMessage: ({ seq }) => void seqs.push(seq) });
    await allLive(sessions);
    const first = await reader?.send({ content: 'before' }).settled;
    await killed(backends[0]);
    for (let count = 0; count < 20; count += 1) {
      expect((await fetch(`${nginx.url}/api/websocket/health`)).status).toBe(200);
    }
    await allLive(sessions);
    await vi.waitFor(async () => expect(await connections(backends[1])).toBe(12), WITHIN);
    const last = await sessions.at(-1)?.send({ content: 'after' }).settled;
    if (first?.kind !== 'sent' || last?.kind !== 'sent') throw new Error('a message was refused');
    await vi.waitFor(() => expect(seqs.at(-1)).toBe(last.seq), WITHIN);
    expect(seqs).toContain(first.seq);
    expect(seqs).toEqual(seqs.map((_, index) => (seqs[0] ?? 0) + index));
    await revived(backends[0]);
  });

  test('a server takes its leave: new clients are taken by the other one, none is refused', async () => {
    const stubborn = people(6);
    await allLive(stubborn);
    backends[1].running.child.kill('SIGTERM');
    await backends[1].running.until(/draining/);
    const answers = await Promise.all(Array.from({ length: 20 }, () => upgrade(nginx.port)));
    expect(answers).toEqual(answers.map(() => 101));
    expect(await backends[1].running.ended).toMatchObject({ code: 0 });
    await allLive(stubborn);
    await revived(backends[1]);
  });
});

async function countOf(url: string): Promise<number> {
  const health: unknown = await (await fetch(`${url}/api/websocket/health`)).json();
  return z.object({ activeConnections: z.int() }).parse(health).activeConnections;
}

async function killed(backend: Backend): Promise<void> {
  backend.running.child.kill('SIGKILL');
  await backend.running.ended;
}

async function revived(backend: Backend): Promise<void> {
  backend.running = await serve(backend);
}

/** The status that a WebSocket's handshake is answered with. */
async function upgrade(port: number): Promise<number> {
  const headers = {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
  };
  const asking = request({ host: '127.0.0.1', port, path: '/ws', headers, agent: false });
  const answered = Promise.race([once(asking, 'upgrade'), once(asking, 'response')]);
  asking.end();
  const [response] = await answered;
  asking.destroy();
  return z.object({ statusCode: z.int() }).parse(response).statusCode;
}

/** Reads on until what has come since the last call matches; that text. Undefined where the stream ends before. */
function textOf(response: Response): (pattern: RegExp) => Promise<string | undefined> {
  const chunks = response.body?.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
  return async (pattern) => {
    for (let text = ''; chunks !== undefined; ) {
      const { value, done } = await chunks.next();
      if (done === true) return undefined;
      text += value;
      if (pattern.test(text)) return text;
    }
    return undefined;
  };
}
