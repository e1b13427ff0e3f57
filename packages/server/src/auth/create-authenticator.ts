/** Chooses how connections prove who they are. */
import { RtdError } from '@rtd/protocol';
import type { Authenticator } from './identity.ts';
import { createOpenAuthenticator } from './open-authenticator.ts';

export type AuthSettings =
  | { readonly mode: 'open' }
  | { readonly mode: 'jwt'; readonly secret: string | undefined; readonly jwksUrl: string | undefined };

/** @throws RtdError UNAVAILABLE for a mode that this version cannot keep. */
export function createAuthenticator(settings: AuthSettings, randomBytes: (count: number) => Uint8Array): Authenticator {
  if (settings.mode === 'open') return createOpenAuthenticator(randomBytes);
  throw new RtdError(
    'UNAVAILABLE',
    'RTD_AUTH=jwt: this version cannot check tokens yet, and will not serve without. Use RTD_AUTH=open, on loopback.',
  );
}
