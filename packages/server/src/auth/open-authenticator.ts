/**
 * Open auth: everybody is who they say they are, and who says nothing is a guest with a name of the server's making.
 * A guest is known by that name, `guest-…`, whoever made it up: clients keep theirs, to be the same one after a reconnect.
 * For one's own machine, and for networks where that is wanted. An `Authorization` proves nothing here and is not read.
 */
import { parseOrRefuse, UserId } from '@rtd/protocol';
import type { Authenticator, Identity } from './identity.ts';

/** 40 bits: two guests of a server do not meet under one name. */
const GUEST_BYTES = 5;
const GUEST_PREFIX = 'guest-';

export function createOpenAuthenticator(randomBytes: (count: number) => Uint8Array): Authenticator {
  return {
    mode: 'open',
    async authenticate({ userId, login }): Promise<Identity> {
      const claimed = userId ?? login;
      if (claimed === undefined || claimed === '') {
        return identity(UserId.parse(`${GUEST_PREFIX}${Buffer.from(randomBytes(GUEST_BYTES)).toString('hex')}`));
      }
      return identity(parseOrRefuse(UserId, claimed, userId === undefined ? 'login' : 'X-User-Id'));
    },
  };
}

function identity(userId: UserId): Identity {
  return { userId, userName: userId, guest: userId.startsWith(GUEST_PREFIX), admin: false, expiresAt: undefined };
}
