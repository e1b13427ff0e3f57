/** Tokens, wherever they come in: the same are let in, and the others get the same answer, after the same work. */
import { createServer, type Server } from 'node:http';
import { SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createJwtAuthenticator } from '../../src/auth/jwt-authenticator.ts';
import { systemClock } from '../../src/index.ts';
import { ManualClock } from '../manual-clock.ts';
import { ask, dial, eventually, sharedServer, startTestServer } from '../server/test-server.ts';
import { RawClient, raw } from '../stomp-rules/raw-client.ts';
import { bearer, JWT, SECRET } from './tokens.ts';

const now = Math.floor(Date.now() / 1_000);

/** The answer, as far as it could tell one bad token from another. */
const WAYS: Readonly<
  Record<string, (server: { url: string; port: number }, authorization: string) => Promise<string>>
> = {
  'CONNECT over WebSocket': async (server, authorization) => {
    const client = await RawClient.open(server.url);
    onTestFinished(() => client.cut());
    client.send(raw('CONNECT', 'accept-version:1.2', 'host:x', `Authorization:${authorization}`));
    const { command, raw: answer } = await client.next();
    return command === 'CONNECTED' ? 'in' : answer;
  },
  'the upgrade request of a WebSocket': async (server, authorization) => {
    const client = await RawClient.open(server.url, { headers: { authorization } });
    onTestFinished(() => client.cut());
    client.send(raw('CONNECT', 'accept-version:1.2', 'host:x'));
    const { command, raw: answer } = await client.next();
    return command === 'CONNECTED' ? 'in' : answer;
  },
  HTTP: async (server, authorization) => {
    const { status, text } = await ask(server, '/api/chat/history', { headers: { authorization } });
    return status === 200 ? 'in' : `${status} ${text}`;
  },
  'an event stream': async (server, authorization) => {
    const { status, text } = await ask(server, '/stream', { method: 'HEAD', headers: { authorization } });
    return status === 200 ? 'in' : `${status} ${text}`;
  },
  'an event stream, by its query': async (server, authorization) => {
    const token = encodeURIComponent(authorization.replace('Bearer ', ''));
    const { status, text } = await ask(server, `/stream?access_token=${token}`, { method: 'HEAD' });
    return status === 200 ? 'in' : `${status} ${text}`;
  },
};

const BAD: Readonly<Record<string, () => Promise<string>>> = {
  'signed by none': async () => `Bearer ${new UnsecuredJWT({ sub: 'ann', exp: now + 600 }).encode()}`,
  'signed with another secret': async () => {
    const token = new SignJWT({ sub: 'ann', exp: now + 600 }).setProtectedHeader({ alg: 'HS256' });
    return `Bearer ${await token.sign(Buffer.from(`${SECRET}, but another one`))}`;
  },
  'signed with another algorithm': async () => {
    const token = new SignJWT({ sub: 'ann', exp: now + 600 }).setProtectedHeader({ alg: 'HS512' });
    return `Bearer ${await token.sign(Buffer.from(SECRET.padEnd(64, '.')))}`;
  },
  expired: () => bearer({ sub: 'ann', exp: now - 60 }),
  'not valid yet': () => bearer({ sub: 'ann', nbf: now + 600 }),
  'of nobody': () => bearer({ sub: undefined }),
  'of nobody that can be': () => bearer({ sub: 'a/b' }),
  nonsense: async () => 'Bearer x.y.z',
};

describe.each(Object.keys(WAYS))('%s', (way) => {
  const server = sharedServer({ auth: JWT });
  const enter = WAYS[way] ?? expect.unreachable();

  it('lets in who has a good token', async () => {
    expect(await enter(server(), await bearer({ sub: 'ann' }))).toBe('in');
  });

  it('gives one answer to every token that is not', async () => {
    const answers = new Map<string, string>();
    for (const [what, make] of Object.entries(BAD)) answers.set(what, await enter(server(), await make()));
    expect(new Set(answers.values()).size, JSON.stringify([...answers])).toBe(1);
    expect([...answers.values()][0]).toMatch(/^401|^ERROR\n(.*\n)*code:UNAUTHENTICATED/);
  });
});

it('whether there is such a user makes no difference to how long a refusal takes', async () => {
  const revoked = new Set<string>(['ann']);
  const authenticator = createJwtAuthenticator(JWT, systemClock, (userId) => revoked.has(userId));
  const forge = async (sub: string) => `${(await bearer({ sub })).slice(0, -4)}AAAA`;
  const kinds = {
    known: await forge('ann'),
    unknown: await forge('bob'),
    'known, and revoked': await bearer({ sub: 'ann' }),
  };
  const millis = new Map<string, number[]>(Object.keys(kinds).map((kind) => [kind, []]));
  for (let n = 0; n < 400; n += 1) {
    for (const [kind, authorization] of Object.entries(kinds)) {
      const started = performance.now();
      await expect(
        authenticator.authenticate({ authorization, userId: undefined, login: undefined }),
      ).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
      millis.get(kind)?.push(performance.now() - started);
    }
  }
  const medians = [...millis.values()].map((all) => all.sort((one, other) => one - other)[200] ?? 0);
  // A class, not a constant: what would show is a look into a store, or no check of the signature at all.
  expect(Math.max(...medians)).toBeLessThan(Math.min(...medians) * 2 + 0.2);
});

describe('keys that cannot be had', () => {
  let keys: Server;
  beforeAll(async () => {
    // Takes the request and says nothing, ever.
    keys = createServer(() => {});
    await new Promise<void>((resolve) => keys.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    keys.closeAllConnections();
    keys.close();
  });

  it('are told as such within the time to CONNECT, and hold nobody else up', async () => {
    const address = keys.address();
    const jwksUrl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/keys`;
    const server = await startTestServer({ auth: { ...JWT, jwksUrl } });
    const token = await new SignJWT({ sub: 'ann', exp: now + 600 })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .sign(
        (await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])).privateKey,
      );
    const waiting = await RawClient.open(server.url);
    waiting.send(raw('CONNECT', 'accept-version:1.2', 'host:x', `Authorization:Bearer ${token}`));
    const asking = ask(server, '/api/chat/history', { headers: { authorization: `Bearer ${token}` } });
    // Whose token is checked by the secret does not wait for them.
    const other = await RawClient.open(server.url);
    other.send(raw('CONNECT', 'accept-version:1.2', 'host:x', `Authorization:${await bearer({ sub: 'bob' })}`));
    expect((await other.next()).command).toBe('CONNECTED');
    expect(waiting.isClosed).toBe(false);
    const answer = await asking;
    expect([answer.status, answer.json()]).toMatchObject([503, { error: { code: 'UNAVAILABLE' } }]);
    const error = await waiting.errorThenClose();
    expect(error.headers).toMatchObject({ code: 'UNAVAILABLE', retryable: 'true' });
    expect(`${error.raw}${answer.text}`).not.toContain(jwksUrl);
    other.cut();
  });
});

describe('a connection ends when its token does, though silent', () => {
  it.each(['STOMP', 'an event stream'])('%s', async (kind) => {
    const clock = new ManualClock();
    const server = await startTestServer({ auth: JWT }, { clock });
    const seconds = Math.floor(clock.now() / 1_000);
    const authorization = await bearer({ sub: 'ann', iat: seconds, exp: seconds + 90 });
    let ended = false;
    if (kind === 'STOMP') {
      const client = await RawClient.open(server.url);
      client.send(raw('CONNECT', 'accept-version:1.2', 'host:x', `Authorization:${authorization}`));
      expect((await client.next()).command).toBe('CONNECTED');
      void client.errorThenClose().then(() => {
        ended = true;
      });
    } else {
      const socket = dial(server);
      let text = '';
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      socket.on('close', () => {
        ended = true;
      });
      socket.write(`GET /stream HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: ${authorization}\r\n\r\n`);
      await eventually(() => text).toContain('event: connected');
    }
    clock.pass(89_000);
    await ask(server, '/healthz');
    expect(ended).toBe(false);
    clock.pass(1_000);
    await eventually(() => ended).toBe(true);
  });
});
