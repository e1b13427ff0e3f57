import { describe, expect, it } from 'vitest';
import { createOpenAuthenticator } from './open-authenticator.ts';

let next = 0;
const authenticator = createOpenAuthenticator((count) => new Uint8Array(count).fill(++next));
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

  it('knows a guest by the name, so that one who comes back is the same guest', async () => {
    const { userId } = await authenticator.authenticate(none);
    for (const again of [
      { ...none, userId },
      { ...none, login: 'guest-of-honour' },
    ]) {
      expect(await authenticator.authenticate(again)).toMatchObject({ guest: true, admin: false });
    }
    expect(await authenticator.authenticate({ ...none, userId: 'guestbook' })).toMatchObject({ guest: false });
  });

  it.each(['a b', 'a/b', '\u001b[31mred', 'x'.repeat(65)])('refuses the name %j', async (userId) => {
    await expect(authenticator.authenticate({ ...none, userId })).rejects.toMatchObject({ code: 'VALIDATION' });
    await expect(authenticator.authenticate({ ...none, login: userId })).rejects.toMatchObject({ code: 'VALIDATION' });
  });
});
