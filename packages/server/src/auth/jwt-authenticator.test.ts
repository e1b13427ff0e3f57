import { createServer, type Server } from 'node:http';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Clock, systemClock } from '../clock.ts';
import { createJwtAuthenticator, type JwtSettings } from './jwt-authenticator.ts';

const SECRET = 'a secret of the tests, long enough for HS256';
const NOW = Date.UTC(2026, 0, 15, 12);
const now = NOW / 1_000;
const clock: Clock = { ...systemClock, now: () => NOW };

function signed(claims: JWTPayload, secret = SECRET): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(secret));
}

function authenticate(token: string, settings: Partial<JwtSettings> = {}): Promise<unknown> {
  const authenticator = createJwtAuthenticator({ mode: 'jwt', secret: SECRET, jwksUrl: undefined, ...settings }, clock);
  return authenticator.authenticate({ authorization: `Bearer ${token}`, userId: 'mallory', login: 'mallory' });
}

describe('a token signed with the secret', () => {
  it('says who one is, and until when', async () => {
    const token = await signed({ sub: 'alice', name: 'Alice', roles: ['reader', 'admin'], exp: now + 60 });
    expect(await authenticate(token)).toEqual({
      userId: 'alice',
      userName: 'Alice',
      guest: false,
      admin: true,
      expiresAt: NOW + 60_000,
    });
  });

  it('may leave all but sub out; a name that does not fit is not shown', async () => {
    expect(await authenticate(await signed({ sub: 'alice' }))).toMatchObject({
      userName: 'alice',
      admin: false,
      expiresAt: undefined,
    });
    expect(await authenticate(await signed({ sub: 'alice', name: '\u001b[2J' }))).toMatchObject({ userName: 'alice' });
  });

  it('makes an admin by role or roles only', async () => {
    expect(await authenticate(await signed({ sub: 'a', role: 'admin' }))).toMatchObject({ admin: true });
    expect(await authenticate(await signed({ sub: 'a', roles: 'admin' }))).toMatchObject({ admin: true });
    expect(await authenticate(await signed({ sub: 'a', admin: true, role: 'administrator' }))).toMatchObject({
      admin: false,
    });
  });

  it('has 30 s of leeway, and then lasts no longer than that', async () => {
    expect(await authenticate(await signed({ sub: 'a', exp: now - 20 }))).toMatchObject({ expiresAt: NOW + 10_000 });
    expect(await authenticate(await signed({ sub: 'a', nbf: now + 20 }))).toMatchObject({ userId: 'a' });
  });

  it.each<[string, () => Promise<string>, Partial<JwtSettings>?]>([
    ['is of another secret', () => signed({ sub: 'a' }, 'another secret of the tests, long enough')],
    ['has expired', () => signed({ sub: 'a', exp: now - 31 })],
    ['is not valid yet', () => signed({ sub: 'a', nbf: now + 31 })],
    ['names nobody', () => signed({ name: 'Alice' })],
    ['names nobody that can be', () => signed({ sub: 'a/b' })],
    ['is signed by none', async () => new UnsecuredJWT({ sub: 'a' }).encode()],
    ['is no token', async () => 'hello'],
    ['is empty', async () => ''],
    ['is of another issuer', () => signed({ sub: 'a', iss: 'them' }), { issuer: 'us' }],
    ['names no issuer where one is asked for', () => signed({ sub: 'a' }), { issuer: 'us' }],
    ['is for another audience', () => signed({ sub: 'a', aud: 'them' }), { audience: 'us' }],
  ])('is refused, always with the same words, when it %s', async (_, token, settings) => {
    await expect(authenticate(await token(), settings)).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      message: expect.stringMatching(/^The token is missing or not valid\. /),
    });
  });

  it('is taken from the right issuer for the right audience', async () => {
    const token = await signed({ sub: 'a', iss: 'us', aud: ['them', 'us'] });
    expect(await authenticate(token, { issuer: 'us', audience: 'us' })).toMatchObject({ userId: 'a' });
  });
});

describe('a token signed with a key of a JWKS', () => {
  let server: Server;
  let jwksUrl: string;
  /** What the key server answers with; undefined: it never does. */
  let keys: object[] | undefined;
  let status = 200;

  beforeEach(async () => {
    status = 200;
    server = createServer((_, response) => {
      if (keys !== undefined)
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ keys }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    jwksUrl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/jwks`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  async function pair(alg: string, kid: string) {
    const { publicKey, privateKey } = await generateKeyPair(alg);
    const sign = (claims: JWTPayload) => new SignJWT(claims).setProtectedHeader({ alg, kid }).sign(privateKey);
    return { jwk: { ...(await exportJWK(publicKey)), kid, alg }, sign };
  }

  it.each(['RS256', 'ES256', 'EdDSA'])('is taken with %s', async (alg) => {
    const { jwk, sign } = await pair(alg, 'one');
    keys = [jwk];
    expect(await authenticate(await sign({ sub: 'a' }), { secret: undefined, jwksUrl })).toMatchObject({ userId: 'a' });
  });

  it('is taken beside tokens of the secret, each checked with its own key', async () => {
    const { jwk, sign } = await pair('ES256', 'one');
    keys = [jwk];
    expect(await authenticate(await sign({ sub: 'a' }), { jwksUrl })).toMatchObject({ userId: 'a' });
    expect(await authenticate(await signed({ sub: 'b' }), { jwksUrl })).toMatchObject({ userId: 'b' });
  });

  it('is refused when the public key was used as if it were the secret', async () => {
    const { jwk } = await pair('RS256', 'one');
    keys = [jwk];
    const forged = await new SignJWT({ sub: 'a' })
      .setProtectedHeader({ alg: 'HS256', kid: 'one' })
      .sign(new TextEncoder().encode(JSON.stringify(jwk)));
    await expect(authenticate(forged, { secret: undefined, jwksUrl })).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
  });

  it('is refused when its key is gone, and does not make the server ask without end', async () => {
    const { jwk, sign } = await pair('ES256', 'one');
    const stranger = await pair('ES256', 'two');
    keys = [jwk];
    let asked = 0;
    server.on('request', () => (asked += 1));
    const authenticator = createJwtAuthenticator({ mode: 'jwt', secret: undefined, jwksUrl }, clock);
    const ask = (token: string) =>
      authenticator.authenticate({ authorization: `Bearer ${token}`, userId: undefined, login: undefined });
    expect(await ask(await sign({ sub: 'a' }))).toMatchObject({ userId: 'a' });
    const unknown = await stranger.sign({ sub: 'a' });
    for (let n = 0; n < 5; n++) await expect(ask(unknown)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(asked).toBe(1);
  });

  it('is taken with a key that is new, without a restart', async () => {
    const before = await pair('ES256', 'one');
    const after = await pair('ES256', 'two');
    keys = [before.jwk];
    const authenticator = createJwtAuthenticator({ mode: 'jwt', secret: undefined, jwksUrl }, clock);
    const ask = (token: string) =>
      authenticator.authenticate({ authorization: `Bearer ${token}`, userId: undefined, login: undefined });
    expect(await ask(await before.sign({ sub: 'a' }))).toMatchObject({ userId: 'a' });
    keys = [after.jwk];
    // The keys are not asked for again within 30 s, and the library looks at the clock by itself.
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 31_000 });
    try {
      expect(await ask(await after.sign({ sub: 'b' }))).toMatchObject({ userId: 'b' });
    } finally {
      vi.useRealTimers();
    }
  });

  it('is not judged while the keys cannot be had', async () => {
    const { jwk, sign } = await pair('ES256', 'one');
    keys = [jwk];
    status = 500;
    const token = await sign({ sub: 'a' });
    await expect(authenticate(token, { secret: undefined, jwksUrl })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    keys = undefined;
    await expect(authenticate(token, { secret: undefined, jwksUrl })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(authenticate(token, { secret: undefined, jwksUrl: 'http://127.0.0.1:9/jwks' })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
  }, 20_000);
});
