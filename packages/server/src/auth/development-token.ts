/** Tokens for development, signed with the secret of a server (HS256), where it is one of development. */
import { RtdError, type UserId } from '@rtd/protocol';
import { SignJWT } from 'jose';
import { DEVELOPMENT_PREFIX, isDevelopmentSecret } from './development-secret.ts';

/** What the server takes as a secret at least. */
const MIN_SECRET_LENGTH = 32;

export interface DevelopmentToken {
  readonly userId: UserId;
  readonly name?: string | undefined;
  readonly role?: string | undefined;
  readonly lifeSeconds: number;
}

/** `now` in epoch milliseconds. @throws RtdError FORBIDDEN for a secret that is not one of development, VALIDATION for a short one */
export async function signDevelopmentToken(
  { userId, name, role, lifeSeconds }: DevelopmentToken,
  secret: string,
  now: number,
): Promise<string> {
  if (!isDevelopmentSecret(secret)) {
    throw new RtdError(
      'FORBIDDEN',
      `This secret does not begin with "${DEVELOPMENT_PREFIX}", so it may be production's: no token is made with it. For development, ` +
        `give the server and this command one that does, such as "${DEVELOPMENT_PREFIX}-only-not-a-secret-0123456789".`,
    );
  }
  if (secret.length < MIN_SECRET_LENGTH) {
    throw new RtdError('VALIDATION', `The secret is too short: servers take ${MIN_SECRET_LENGTH} characters or more.`);
  }
  const issuedAt = Math.floor(now / 1_000);
  return await new SignJWT({ ...(name === undefined ? {} : { name }), ...(role === undefined ? {} : { role }) })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(userId)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + lifeSeconds)
    .sign(new TextEncoder().encode(secret));
}
