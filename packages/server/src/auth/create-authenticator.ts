/** Chooses how connections prove who they are. */
import type { Clock } from '../clock.ts';
import type { Authenticator } from './identity.ts';
import { createJwtAuthenticator, type IsRevoked, type JwtSettings } from './jwt-authenticator.ts';
import { createOpenAuthenticator } from './open-authenticator.ts';

export type AuthSettings = { readonly mode: 'open' } | JwtSettings;

export function createAuthenticator(
  settings: AuthSettings,
  ambient: {
    readonly clock: Clock;
    readonly randomBytes: (count: number) => Uint8Array;
    /** Left out: nobody's tokens are. */
    readonly isRevoked?: IsRevoked | undefined;
  },
): Authenticator {
  return settings.mode === 'open'
    ? createOpenAuthenticator(ambient.randomBytes)
    : createJwtAuthenticator(settings, ambient.clock, ambient.isRevoked);
}
