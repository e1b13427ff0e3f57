/**
 * Open auth: everybody is who they say they are, and who says nothing is a guest with a name of the server's making.
 * For one's own machine, and for networks where that is wanted. An `Authorization` proves nothing here and is not read.
 */
import { parseOrRefuse, UserId } from '@rtd/protocol';
import type { Authenticator, Identity } from './identity.ts';

/** 40 bits: two guests of a server do not meet under one name. */
const GUEST_BYTES = 5;

export function createOpenAuthenticator(randomBytes: (count: number) => Uint8Array): Authenticator {
  return {
    mode: 'open',
    async authenticate({ userId, login }): Promise<Identity> {
      const claimed = userId ?? login;
      if (claimed === undefined || claimed === '') {
        const guest = UserId.parse(`guest-${Buffer.from(randomBytes(GUEST_BYTES)).toString('hex')}`);
        return identity(guest, true);
      }
      return identity(parseOrRefuse(UserId, claimed, userId === undefined ? 'login' : 'X-User-Id'), false);
    },
  };
}

function identity(userId: UserId, guest: boolean): Identity {
  return { userId, userName: userId, guest, admin: false, expiresAt: undefined };
}
