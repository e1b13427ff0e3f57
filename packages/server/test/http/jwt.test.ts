/** HTTP with tokens: who is let in, who is not, and revocation over every transport. */
import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { ask, dial, sharedServer } from '../server/test-server.ts';

const secret = 'a secret that is long enough for HS256';

function token(claims: Record<string, unknown>, expires = '1h'): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuedAt()
    .setExpirationTime(expires)
    .sign(Buffer.from(secret));
}

const bearer = async (claims: Record<string, unknown>, expires?: string) => ({
  authorization: `Bearer ${await token(claims, expires)}`,
});

describe('with jwt auth', () => {
  const server = sharedServer({
    auth: { mode: 'jwt', secret, jwksUrl: undefined, issuer: undefined, audience: undefined },
  });

  it('a message is from the subject of the token, whatever X-User-Id says', async () => {
    const headers = { ...(await bearer({ sub: 'ann', name: 'Ann' })), 'x-user-id': 'bob' };
    const answer = await ask(server(), '/api/chat/messages', { headers, body: '{"content":"hi"}' });
    expect([answer.status, answer.json()]).toEqual([
      201,
      expect.objectContaining({ senderId: 'ann', senderName: 'Ann' }),
    ]);
  });

  it.each([
    ['nothing', async () => ({})],
    ['X-User-Id', async () => ({ 'x-user-id': 'ann' })],
    ['an old token', () => bearer({ sub: 'ann' }, '-2m')],
    ['no token at all', async () => ({ authorization: 'Bearer x.y.z' })],
    ['a token of nobody', () => bearer({ name: 'Ann' })],
    ['a password', async () => ({ authorization: 'Basic YW5uOnB3' })],
  ])('%s is 401 on every route of users, with the same answer', async (_what, headersOf) => {
    const headers = await headersOf();
    const answers = [];
    for (const path of [
      '/api/chat/history',
      '/api/conversations',
      '/api/presence',
      '/api/market/snapshot',
      '/api/market/poll?wait=0',
    ]) {
      answers.push(await ask(server(), path, { headers }));
    }
    answers.push(await ask(server(), '/api/chat/messages', { headers, body: '{' }));
    answers.push(await ask(server(), '/api/market/ticks', { headers, body: '[]' }));
    answers.push(await ask(server(), '/api/admin/revoke', { headers, body: '{"userId":"bob"}' }));
    const other = await ask(server(), '/api/chat/history', { headers: { authorization: 'Bearer nonsense' } });
    for (const answer of answers) {
      expect([answer.status, answer.headers['www-authenticate'], answer.text]).toEqual([401, 'Bearer', other.text]);
    }
  });

  it('health is for everybody', async () => {
    for (const path of ['/healthz', '/readyz', '/metrics', '/openapi.json', '/api/websocket/health']) {
      expect((await ask(server(), path)).status).toBe(200);
    }
  });

  it('only an administrator revokes; it ends WebSockets and streams of that user alone', async () => {
    const open = async (user: string) => {
      const { authorization } = await bearer({ sub: user });
      const webSocket = new WebSocket(`${server().url.replace('http', 'ws')}/ws`, 'v12.stomp');
      const closed = new Promise<'closed'>((resolve) => webSocket.addEventListener('close', () => resolve('closed')));
      webSocket.addEventListener('open', () =>
        webSocket.send(`CONNECT\naccept-version:1.2\nhost:x\nAuthorization:${authorization}\n\n\0`),
      );
      const first = await new Promise<string>((resolve) =>
        webSocket.addEventListener('message', ({ data }) => resolve(String(data)), { once: true }),
      );
      expect(first).toMatch(/^CONNECTED/);
      const stream = dial(server());
      const ended = new Promise<'ended'>((resolve) => stream.once('close', () => resolve('ended')));
      stream.write(`GET /stream HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: ${authorization}\r\n\r\n`);
      await new Promise((resolve) => stream.once('data', resolve));
      return { webSocket, closed, ended, stream };
    };
    const ann = await open('ann');
    const bob = await open('bob');
    const revoke = async (claims: Record<string, unknown>) =>
      ask(server(), '/api/admin/revoke', { headers: await bearer(claims), body: '{"userId":"ann"}' });

    const refused = await revoke({ sub: 'bob' });
    expect([refused.status, refused.json()]).toEqual([
      403,
      { error: { code: 'FORBIDDEN', message: expect.any(String) } },
    ]);
    const done = await revoke({ sub: 'root', role: 'admin' });
    expect([done.status, done.json()]).toEqual([202, { userId: 'ann' }]);
    expect(await Promise.all([ann.closed, ann.ended])).toEqual(['closed', 'ended']);
    expect(bob.webSocket.readyState).toBe(WebSocket.OPEN);
    expect(bob.stream.readableEnded).toBe(false);
    bob.webSocket.close();
  });
});
