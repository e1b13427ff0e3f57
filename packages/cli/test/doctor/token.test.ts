import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Hosted, host } from '../hosted.ts';
import { rtd } from '../running.ts';
import { examine } from './examined.ts';

const SECRET = 'a secret of more than 32 characters';
const NOW = Math.floor(Date.now() / 1_000);

let server: Hosted;
beforeAll(async () => {
  server = await host({ env: { RTD_AUTH: 'jwt', RTD_JWT_SECRET: SECRET } });
});
afterAll(() => server[Symbol.asyncDispose]());

/** RFC 7515: header, payload and signature in base64url. */
function jwt(claims: object, secret = SECRET): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

test.each<[string, string | undefined, RegExp]>([
  ['none', undefined, /wants a token/],
  ['no JWT', 'let-me-in-please', /refuses it/],
  [
    'signed with another key',
    jwt({ sub: 'alice', exp: NOW + 3_600 }, 'another secret of more than 32 letters'),
    /signed with another key/,
  ],
  ['expired', jwt({ sub: 'alice', exp: NOW - 600 }), /It has expired/],
  ['not valid yet', jwt({ sub: 'alice', exp: NOW + 7_200, nbf: NOW + 3_600 }), /clock skew/],
  ['issued in the future', jwt({ sub: 'alice', exp: NOW + 7_200, iat: NOW + 3_600 }), /clock skew/],
  ['of nobody', jwt({ exp: NOW + 3_600 }), /whose it is/],
])('a token that is %s: the check token fails, and no other', async (_what, token, because) => {
  const { code, failed, check, text } = await examine(['--url', server.url], {
    env: token === undefined ? {} : { RTD_TOKEN: token },
  });
  expect({ code, failed }).toEqual({ code: 1, failed: ['token'] });
  expect(check('token').meaning).toMatch(because);
  if (token !== undefined) expect(text).not.toContain(token);
});

test('a good token opens everything, and is nowhere shown', { timeout: 60_000 }, async () => {
  const token = jwt({ sub: 'alice', exp: NOW + 3_600 });
  const { code, failed, passed, check, text } = await examine(['--url', server.url], { env: { RTD_TOKEN: token } });
  expect({ code, failed }).toEqual({ code: 0, failed: [] });
  for (const id of ['token', 'stomp-receipt', 'sse', 'sockjs', 'polling']) expect(passed).toContain(id);
  expect(check('stomp-receipt').evidence.asked).toContain('rtd-doctor.alice');
  expect(text).not.toContain(token);
  const explained = await rtd(['explain', 'stomp', '--no-heart-beat', '--url', server.url], {
    env: { RTD_TOKEN: token },
  });
  expect(explained.code).toBe(0);
  expect(explained.stdout).toContain('MESSAGE');
  expect(explained.stdout).not.toContain(token.slice(-20));
  expect(explained.stdout).not.toContain(token.slice(0, 20));
});

test('one that ends in minutes is a warning', async () => {
  const { code, warned } = await examine(['--only', 'token', '--url', server.url], {
    env: { RTD_TOKEN: jwt({ sub: 'alice', exp: NOW + 120 }) },
  });
  expect({ code, warned }).toEqual({ code: 0, warned: ['token'] });
});
