/** The one door: upgrades that are ours, upgrades that are not, streams, and what answers beside them. */
import { describe, expect, it } from 'vitest';
import { ask, dial, eventually, sharedServer, talk, upgradeRequest } from '../server/test-server.ts';

describe('the endpoints of STOMP', () => {
  const server = sharedServer();

  it.each(['/ws', '/ws-endpoint', '/ws/', '/ws-endpoint/', '/ws?x=1', '/ws-endpoint/?'])(
    'a plain GET %s has the greeting of SockJS',
    async (path) => {
      const answer = await ask(server(), path);
      expect([answer.status, answer.text]).toEqual([200, 'Welcome to SockJS!\n']);
      expect(answer.headers['content-type']).toMatch(/^text\/plain/i);
    },
  );

  it.each(['/ws', '/ws-endpoint', '/ws/websocket', '/ws-endpoint/websocket', '/ws?x=1'])(
    '%s upgrades',
    async (path) => {
      const head = await talk(server(), upgradeRequest(path), (text) => text.includes('\r\n\r\n'));
      expect(head).toMatch(/^HTTP\/1\.1 101 /);
      expect(head).toMatch(/sec-websocket-protocol: v12\.stomp/i);
      expect(head).toMatch(/sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=/i);
    },
  );

  it("SockJS's framed WebSocket opens with o", async () => {
    const text = await talk(server(), upgradeRequest('/ws/000/abcdefgh/websocket'), (got) => got.endsWith('\x81\x01o'));
    expect(text).toMatch(/^HTTP\/1\.1 101 /);
  });

  it.each([
    '/',
    '/api/chat/history',
    '/stream',
    '/wsx',
    '/ws/000/websocket',
    '/ws/a.b/c/websocket',
    '/ws/a/b/c/websocket',
  ])('no WebSocket is at %s', async (path) => {
    expect(await talk(server(), upgradeRequest(path))).toMatch(/^HTTP\/1\.1 404 .*"NOT_FOUND"/s);
  });

  it.each(['/ws/info', '/ws-endpoint/info'])('%s tells of the WebSocket', async (path) => {
    expect((await ask(server(), path)).json()).toMatchObject({ websocket: true, entropy: expect.any(Number) });
  });
});

describe('an upgrade that is not ours', () => {
  const server = sharedServer();
  const offer = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAA\r\n';

  it('is ignored: a GET that offers h2c is answered as plain HTTP', async () => {
    const text = await talk(server(), `GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n${offer}\r\n`, (got) =>
      got.endsWith('ok\n'),
    );
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('is ignored on a POST with a body, and the connection stays for the next request', async () => {
    const body = '{"content":"from Java"}';
    const post = `POST /api/chat/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nX-User-Id: joerg\r\n${offer}Content-Length: ${body.length}\r\n\r\n`;
    const socket = dial(server());
    let received = '';
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString();
    });
    socket.write(post + body.slice(0, 9));
    // The rest of the body comes once the server has seen the first part.
    await new Promise((resolve) => setImmediate(resolve));
    socket.write(body.slice(9));
    await eventually(() => received).toMatch(/^HTTP\/1\.1 201 .*"content":"from Java"/s);
    received = '';
    socket.write('GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
    await eventually(() => received).toMatch(/^HTTP\/1\.1 200 .*ok\n$/s);
  });

  it('passes the same rules', async () => {
    const text = await talk(
      server(),
      `GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: https://evil.example.com\r\n${offer}\r\n`,
    );
    expect(text).toMatch(/^HTTP\/1\.1 403 /);
  });
});

describe('/stream', () => {
  const server = sharedServer();

  it('opens, and a client that has gone is forgotten', async () => {
    const sse = async () =>
      ((await ask(server(), '/api/websocket/health')).json() as { sseConnections: number }).sseConnections;
    const socket = dial(server());
    let received = '';
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString();
    });
    socket.write('GET /stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
    await eventually(() => received).toMatch(/content-type: text\/event-stream.*event: connected.*event: snapshot/is);
    expect(await sse()).toBe(1);
    socket.destroy();
    await eventually(sse).toBe(0);
  });
});

describe('health and metrics', () => {
  const server = sharedServer();

  it('counts connections by transport', async () => {
    const socket = dial(server());
    socket.write(upgradeRequest('/ws'));
    await new Promise((resolve) => socket.once('data', resolve));
    const line = 'rtd_connections{transport="websocket"}';
    await eventually(async () => (await ask(server(), '/metrics')).text).toContain(`${line} 1\n`);
    expect((await ask(server(), '/api/websocket/health')).json()).toEqual({
      status: 'UP',
      activeConnections: 1,
      onlineUsers: 0,
      sseConnections: 0,
      serverId: server().serverId,
      timestamp: expect.any(String),
    });
    socket.destroy();
    await eventually(async () => (await ask(server(), '/metrics')).text).toContain(`${line} 0\n`);
  });

  it('has HELP and TYPE for every metric, under our name', async () => {
    const { text, headers } = await ask(server(), '/metrics');
    expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
    const names = [...text.matchAll(/^# TYPE (\S+) /gm)].map((match) => match[1]);
    expect(names).toEqual(
      expect.arrayContaining([
        'rtd_connections',
        'rtd_commit_batch_size',
        'rtd_ticks_total',
        'rtd_event_loop_lag_seconds',
        'rtd_messages_committed_total',
        'rtd_messages_delivered_total',
      ]),
    );
    for (const name of names) expect(text).toMatch(new RegExp(`^# HELP ${name} \\S.{15}`, 'm'));
    expect(names.every((name) => name?.startsWith('rtd_'))).toBe(true);
  });

  it('counts what was sent, committed, and ticked', async () => {
    const value = async (name: string) =>
      Number(new RegExp(`^${name} (\\S+)$`, 'm').exec((await ask(server(), '/metrics')).text)?.[1]);
    const before = await value('rtd_messages_committed_total');
    await ask(server(), '/api/chat/messages', { body: '{"content":"x"}' });
    expect(await value('rtd_messages_committed_total')).toBe(before + 1);
    expect(await value('rtd_commit_batch_size_count')).toBeGreaterThan(0);
    await ask(server(), '/api/market/ticks', { body: '[{"symbol":"BTC","price":1},{"symbol":"BTC","price":2}]' });
    await eventually(() => value('rtd_ticks_total')).toBe(2);
    expect(await value('rtd_market_symbols')).toBe(1);
  });

  it('is ready, a line a dependency', async () => {
    const { status, text } = await ask(server(), '/readyz');
    expect(status).toBe(200);
    expect(text.trim().split('\n')).toEqual([
      'server: ok',
      'store (sqlite): ok',
      'tick log (sqlite): ok',
      'bus (in-process): ok',
      'mailbox (in-process): ok',
      'presence (in-process): ok',
    ]);
  });
});
