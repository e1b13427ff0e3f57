/** Chooses how connections prove who they are. */
import type { Clock } from '../clock.ts';
import type { Authenticator } from './identity.ts';
import type { IsRevoked, JwtSettings } from './jwt-authenticator.ts';
import { createOpenAuthenticator } from './open-authenticator.ts';

export type AuthSettings = { readonly mode: 'open' } | JwtSettings;

/** What checks tokens is loaded only where there are any. */
export async function createAuthenticator(
  settings: AuthSettings,
  ambient: {
    readonly clock: Clock;
    readonly randomBytes: (count: number) => Uint8Array;
    /** Left out: nobody's tokens are. */
    readonly isRevoked?: IsRevoked | undefined;
  },
): Promise<Authenticator> {
  if (settings.mode === 'open') return createOpenAuthenticator(ambient.randomBytes);
  const { createJwtAuthenticator } = await import('./jwt-authenticator.ts');
  return createJwtAuthenticator(settings, ambient.clock, ambient.isRevoked);
}
