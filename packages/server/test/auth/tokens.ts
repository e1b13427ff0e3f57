/** Tokens of HS256 for servers whose auth is {@link JWT}. */
import { SignJWT } from 'jose';

export const SECRET = 'dev: a secret of the tests, long enough for HS256';
export const JWT = { mode: 'jwt', secret: SECRET, jwksUrl: undefined } as const;

/** `exp` (in an hour) and `iat` (now) are set where the claims do not say them; `undefined` leaves one out. */
export async function bearer(claims: Record<string, unknown>): Promise<string> {
  const now = Math.floor(Date.now() / 1_000);
  const token = new SignJWT({ iat: now, exp: now + 3_600, ...claims }).setProtectedHeader({ alg: 'HS256' });
  return `Bearer ${await token.sign(Buffer.from(SECRET))}`;
}

/** One second from now: later than everything that was issued so far, as whole seconds tell it, and within the leeway. */
export const soon = (): number => Math.floor(Date.now() / 1_000) + 1;
