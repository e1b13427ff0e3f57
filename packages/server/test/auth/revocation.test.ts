/** `POST /api/admin/revoke` on one server: every kind of connection ends, and what was issued before lets nobody in again. */
import { describe, expect, it } from 'vitest';
import { ask, eventually, sharedServer, startTestServer, temporaryFolder } from '../server/test-server.ts';
import { RawClient, raw } from '../stomp-rules/raw-client.ts';
import { connectionsOf } from './connections.ts';
import { bearer, JWT, soon } from './tokens.ts';

const revoke = async (server: { port: number }, userId: string) =>
  ask(server, '/api/admin/revoke', {
    headers: { authorization: await bearer({ sub: 'root', role: 'admin' }) },
    body: JSON.stringify({ userId }),
  });

const history = async (server: { port: number }, authorization: string) =>
  (await ask(server, '/api/chat/history', { headers: { authorization } })).status;

describe('a revocation', () => {
  const server = sharedServer({ auth: JWT });
  const kinds = ['WebSocket', 'SockJS WebSocket', 'SockJS xhr_streaming', 'SockJS eventsource', 'SockJS xhr polling'];

  it.each([...kinds, 'event stream', 'chat poll', 'market poll'])('ends a %s, and nobody else’s', async (kind) => {
    const sub = `ann-${kind.replaceAll(' ', '-')}`;
    const open = connectionsOf(server())[kind] ?? expect.unreachable();
    const other = connectionsOf(server())[kind] ?? expect.unreachable();
    const ofAnn = await open(await bearer({ sub }));
    const ofBob = await other(await bearer({ sub: `not-${sub}` }));
    expect([ofAnn.ended(), ofBob.ended()]).toEqual([false, false]);
    const started = performance.now();
    expect((await revoke(server(), sub)).status).toBe(202);
    await eventually(ofAnn.ended).toBe(true);
    expect(performance.now() - started).toBeLessThan(2_000);
    if (kind !== 'event stream') expect(ofAnn.text()).toContain('Your access was revoked.');
    if (kind.endsWith('poll')) expect(ofAnn.text()).toMatch(/^401 /);
    expect(ofBob.ended()).toBe(false);
  });

  it('refuses the tokens from before it everywhere, in the same words as any bad token; a later one counts', async () => {
    const before = await bearer({ sub: 'cat' });
    const timeless = await bearer({ sub: 'cat', iat: undefined });
    expect([await history(server(), before), await history(server(), timeless)]).toEqual([200, 200]);
    await revoke(server(), 'cat');
    const nonsense = await ask(server(), '/api/chat/history', { headers: { authorization: 'Bearer x.y.z' } });
    for (const authorization of [before, timeless]) {
      const answer = await ask(server(), '/api/chat/history', { headers: { authorization } });
      expect([answer.status, answer.text]).toEqual([401, nonsense.text]);
      const stream = await ask(server(), '/stream', { headers: { authorization } });
      expect([stream.status, stream.text]).toEqual([401, nonsense.text]);
      const stomp = await (connectionsOf(server()).WebSocket ?? expect.unreachable())(authorization);
      expect(stomp.text()).toMatch(/^ERROR\n(.*\n)*code:UNAUTHENTICATED/);
    }
    expect(await history(server(), await bearer({ sub: 'cat', iat: soon() }))).toBe(200);
    expect(await history(server(), await bearer({ sub: 'dog' }))).toBe(200);
  });

  it('cannot be got around with auth.refresh, and the connection that tries lives on', async () => {
    const before = await bearer({ sub: 'eve', exp: soon() + 7_200 });
    await revoke(server(), 'eve');
    const client = await RawClient.open(server().url);
    const now = await bearer({ sub: 'eve', iat: soon() });
    client.send(raw('CONNECT', 'accept-version:1.2', 'host:x', `Authorization:${now}`));
    expect((await client.next()).command).toBe('CONNECTED');
    client.send(raw('SUBSCRIBE', 'id:0', 'destination:/user/queue/errors'));
    const token = before.replace('Bearer ', '');
    client.send(raw('SEND', 'destination:/app/auth.refresh', '', JSON.stringify({ token })));
    expect(JSON.parse((await client.next()).body)).toMatchObject({ code: 'UNAUTHENTICATED' });
    await client.settled();
    await client.leave();
  });

  it('of a user who is nowhere is taken, and holds when they come', async () => {
    expect((await revoke(server(), 'nobody-yet')).status).toBe(202);
    expect(await history(server(), await bearer({ sub: 'nobody-yet', iat: 1 }))).toBe(401);
  });

  it.each(['', '{}', '{"userId":"a/b"}', '{"userId":7}', '['])('%j is no request', async (body) => {
    const authorization = await bearer({ sub: 'root', role: 'admin' });
    const answer = await ask(server(), '/api/admin/revoke', { method: 'POST', headers: { authorization }, body });
    expect([answer.status, answer.json()]).toMatchObject([400, { error: { code: 'VALIDATION' } }]);
  });
});

it('a revocation outlives the server', async () => {
  const dataDir = await temporaryFolder();
  const first = await startTestServer({ auth: JWT, dataDir });
  const before = await bearer({ sub: 'ann' });
  await revoke(first, 'ann');
  await first.close();
  const second = await startTestServer({ auth: JWT, dataDir });
  expect(await history(second, before)).toBe(401);
  expect(await history(second, await bearer({ sub: 'ann', iat: soon() }))).toBe(200);
});

it('a poll ends with its token', async () => {
  const server = await startTestServer({ auth: JWT });
  const exp = Math.floor(Date.now() / 1_000) + 1;
  const poll = await (connectionsOf(server)['chat poll'] ?? expect.unreachable())(await bearer({ sub: 'ann', exp }));
  await eventually(poll.text).toMatch(/^401 .*expired/);
  expect(Date.now()).toBeGreaterThanOrEqual(exp * 1_000 - 50);
});
