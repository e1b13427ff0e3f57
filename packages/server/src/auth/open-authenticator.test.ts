import { describe, expect, it } from 'vitest';
import { createAuthenticator } from './create-authenticator.ts';

let next = 0;
const authenticator = createAuthenticator({ mode: 'open' }, (count) => new Uint8Array(count).fill(++next));
const none = { authorization: undefined, userId: undefined, login: undefined };

describe('open authenticator', () => {
  it('takes X-User-Id before login', async () => {
    expect(await authenticator.authenticate({ ...none, userId: 'alice', login: 'bob' })).toEqual({
      userId: 'alice',
      userName: 'alice',
      guest: false,
      admin: false,
      expiresAt: undefined,
    });
    expect(await authenticator.authenticate({ ...none, login: 'bob' })).toMatchObject({ userId: 'bob', guest: false });
  });

  it.each([none, { ...none, userId: '' }, { ...none, authorization: 'Bearer x' }])(
    'makes a guest of %o',
    async (who) => {
      const one = await authenticator.authenticate(who);
      const two = await authenticator.authenticate(who);
      expect(one).toMatchObject({ guest: true, admin: false, userId: expect.stringMatching(/^guest-[0-9a-f]{10}$/) });
      expect(two.userId).not.toBe(one.userId);
    },
  );

  it.each(['a b', 'a/b', '\u001b[31mred', 'x'.repeat(65)])('refuses the name %j', async (userId) => {
    await expect(authenticator.authenticate({ ...none, userId })).rejects.toMatchObject({ code: 'VALIDATION' });
    await expect(authenticator.authenticate({ ...none, login: userId })).rejects.toMatchObject({ code: 'VALIDATION' });
  });
});

it('jwt is refused in one line that says what to do', () => {
  const settings = { mode: 'jwt', secret: 'hunter2hunter2', jwksUrl: undefined } as const;
  expect(() => createAuthenticator(settings, () => new Uint8Array(5))).toThrow(/^RTD_AUTH=jwt: [^\n]*RTD_AUTH=open/);
});
