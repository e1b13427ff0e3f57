/** `rtd token`: what a server with the same secret makes of it, and which secrets it will have nothing to do with. */
import { expect, test } from 'vitest';
import { host } from './hosted.ts';
import { rtd } from './running.ts';

const SECRET = 'dev-only-not-a-secret-0123456789';
const env = { RTD_JWT_SECRET: SECRET };

const claimsOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());

test('the server of that secret lets in who it names, under the name it says, and refuses it elsewhere', async () => {
  await using server = await host({ env: { ...env, RTD_AUTH: 'jwt' } });
  const { code, stdout, stderr } = await rtd(['token', '--user', 'alice', '--name', 'Alice'], { env });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
  const client = { RTD_URL: server.url, RTD_TOKEN: stdout.trim() };
  const sent = await rtd(['send', 'hello', '--json'], { env: client });
  expect(JSON.parse(sent.stdout)).toMatchObject({ senderId: 'alice', senderName: 'Alice', content: 'hello' });
  const other = await rtd(['token', '--user', 'alice', '--secret', `${SECRET}-another`], { env });
  const refused = await rtd(['send', 'hello'], { env: { ...client, RTD_TOKEN: other.stdout.trim() } });
  expect(refused.code).toBe(1);
});

test('an administrator’s token revokes, and the token from before it counts no more', async () => {
  await using server = await host({ env: { ...env, RTD_AUTH: 'jwt' } });
  const token = async (...words: string[]) => (await rtd(['token', ...words], { env })).stdout.trim();
  const [admin, alice] = [await token('--user', 'root', '--role', 'admin'), await token('--user', 'alice')];
  const history = async () =>
    (await fetch(`${server.url}/api/chat/history`, { headers: { authorization: `Bearer ${alice}` } })).status;
  expect(await history()).toBe(200);
  const revoked = await fetch(`${server.url}/api/admin/revoke`, {
    method: 'POST',
    headers: { authorization: `Bearer ${admin}`, 'content-type': 'application/json' },
    body: '{"userId":"alice"}',
  });
  expect(revoked.status).toBe(202);
  expect(await history()).toBe(401);
});

test.each([
  [['--expires', '90s'], 90],
  [['--expires', '15m'], 900],
  [['--expires', '7d'], 604_800],
  [[], 3_600],
])('%j', async (words, seconds) => {
  const before = Math.floor(Date.now() / 1_000);
  const { stdout } = await rtd(['token', '--user', 'a', ...words], { env });
  const { iat, exp } = claimsOf(stdout);
  const json = await rtd(['token', '--user', 'a', '--json', ...words], { env });
  const { token, ...rest } = JSON.parse(json.stdout);
  const expiresAt = new Date(Number(claimsOf(token).exp) * 1_000).toISOString();
  expect(rest).toEqual({ userId: 'a', expiresAt });
  expect(Number(exp) - Number(iat)).toBe(seconds);
  expect(Number(iat)).toBeGreaterThanOrEqual(before);
});

test.each<[string, string[], Record<string, string>, RegExp, number]>([
  [
    'a secret that may be production’s',
    [],
    { RTD_JWT_SECRET: 'k8Zr1xQf0mVtY3nB7cLpWd5sHgJ2aEuT' },
    /begin with "dev"/,
    1,
  ],
  [
    'words that may be production’s',
    [],
    { RTD_JWT_SECRET: 'correct horse battery staple, again' },
    /begin with "dev"/,
    1,
  ],
  ['the same given as a flag', ['--secret', 'k8Zr1xQf0mVtY3nB7cLpWd5sHgJ2aEuT'], env, /begin with "dev"/, 1],
  ['no secret', [], {}, /RTD_JWT_SECRET/, 2],
  ['a short secret', [], { RTD_JWT_SECRET: 'dev' }, /32 characters/, 2],
  ['a time that is none', ['--expires', 'soon'], env, /--expires takes a time.*"soon"/, 2],
  ['no time at all', ['--expires', '0m'], env, /--expires takes a time/, 2],
  ['too long a time', ['--expires', '366d'], env, /--expires takes a time/, 2],
  ['a user that cannot be one', ['--user', 'a/b'], env, /--user takes a name/, 2],
  ['a name that cannot be one', ['--name', '\u001b[31mred'], env, /--name takes a name/, 2],
])('%s is refused in one line, without the secret', async (_what, words, environment, says, exit) => {
  const user = words.includes('--user') ? [] : ['--user', 'alice'];
  const { code, stdout, stderr } = await rtd(['token', ...user, ...words], { env: environment });
  expect({ code, stdout }).toEqual({ code: exit, stdout: '' });
  expect(stderr).toMatch(/^rtd: [^\n]+\n$/);
  expect(stderr).toMatch(says);
  expect(stderr).not.toMatch(/k8Zr1x|correct horse/);
  expect(stderr).not.toContain('\u001b');
});

test('without a user it says what is missing', async () => {
  const { code, stdout, stderr } = await rtd(['token'], { env });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^rtd: .*user.*\n$/);
});
