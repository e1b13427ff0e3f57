/** `POST /api/admin/revoke` on one of two servers that share a Redis, and nothing else. */
import { Redis } from 'ioredis';
import { SignJWT } from 'jose';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { ask, eventually, startTestServer } from '../server/test-server.ts';

const redisUrl = inject('redisUrl');
const secret = 'a secret that is long enough for HS256';
const auth = { mode: 'jwt', secret, jwksUrl: undefined, issuer: undefined, audience: undefined } as const;

async function bearer(claims: Record<string, unknown>): Promise<string> {
  const token = new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).setIssuedAt().setExpirationTime('1h');
  return `Bearer ${await token.sign(Buffer.from(secret))}`;
}

describe.skipIf(redisUrl === undefined)('a revocation on one server', () => {
  it('ends the connections of that user on the other one within 2 s', async () => {
    const admin = new Redis(redisUrl ?? '');
    onTestFinished(() => admin.disconnect());
    const one = await startTestServer({ redisUrl, auth });
    const two = await startTestServer({ redisUrl, auth });
    await eventually(() => admin.pubsub('NUMSUB', 'rtd-revocations')).toEqual(['rtd-revocations', 2]);

    const webSocket = new WebSocket(`${two.url.replace('http', 'ws')}/ws`, 'v12.stomp');
    const closed = new Promise<string>((resolve) => webSocket.addEventListener('close', () => resolve('closed')));
    const authorization = await bearer({ sub: 'ann' });
    const frames: string[] = [];
    webSocket.addEventListener('message', ({ data }) => frames.push(String(data)));
    webSocket.addEventListener('open', () =>
      webSocket.send(`CONNECT\naccept-version:1.2\nhost:x\nAuthorization:${authorization}\n\n\0`),
    );
    await eventually(() => frames[0]).toMatch(/^CONNECTED/);

    const headers = { authorization: await bearer({ sub: 'root', role: 'admin' }) };
    const started = performance.now();
    expect((await ask(one, '/api/admin/revoke', { headers, body: '{"userId":"ann"}' })).status).toBe(202);
    expect(await closed).toBe('closed');
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(frames.at(-1)).toMatch(/^ERROR\n.*revoked/s);
  });
});
