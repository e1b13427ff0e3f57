/**
 * Auth by JSON Web Token (RFC 7519): a shared secret (HS256), or the public keys of an issuer (JWKS, RFC 7517), or both.
 *
 * Promises: the algorithm is pinned by the kind of key, so a token can never choose how it is checked (`none` and a public
 * key used as a secret are refused); `exp` and `nbf` hold with 30 s of leeway; every wrong token gets the same answer, a
 * revoked one too.
 * Keys that cannot be fetched are UNAVAILABLE: that says nothing about the token.
 */
import { RtdError, UserId, UserName } from '@rtd/protocol';
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import type { Authenticator, Identity } from './identity.ts';

export interface JwtSettings {
  readonly mode: 'jwt';
  /** Of HS256 tokens. */
  readonly secret: string | undefined;
  /** Where the keys of all other tokens are; keys that are new there are found without a restart. */
  readonly jwksUrl: string | undefined;
  /** What `iss` must be, where it is set. */
  readonly issuer?: string | undefined;
  /** What `aud` must be or have, where it is set. */
  readonly audience?: string | undefined;
}

const LEEWAY_SECONDS = 30;
const SHARED_ALGORITHMS = ['HS256'];
const PUBLIC_ALGORITHMS = ['RS256', 'ES256', 'EdDSA', 'Ed25519'];
/** Well under the time that a client may take to CONNECT. */
const KEY_FETCH_MILLIS = 5_000;

const Claims = z.object({
  sub: UserId,
  name: z.string().optional(),
  role: z.string().optional(),
  roles: z.union([z.array(z.string()), z.string()]).optional(),
  exp: z.number().optional(),
  iat: z.number().optional(),
});

/** Whether a token of that user, issued then (epoch milliseconds), counts no more. */
export type IsRevoked = (userId: UserId, issuedAt: number | undefined) => boolean;

type Verify = (token: string, options: JWTVerifyOptions) => Promise<JWTPayload>;

export function createJwtAuthenticator(
  settings: JwtSettings,
  clock: Clock,
  isRevoked: IsRevoked = () => false,
): Authenticator {
  const { secret, jwksUrl, issuer, audience } = settings;
  const verifiers: Verify[] = [];
  if (secret !== undefined) {
    const key = new TextEncoder().encode(secret);
    verifiers.push(async (token, options) => {
      return (await jwtVerify(token, key, { ...options, algorithms: SHARED_ALGORITHMS })).payload;
    });
  }
  if (jwksUrl !== undefined) {
    const keys = createRemoteJWKSet(new URL(jwksUrl), { timeoutDuration: KEY_FETCH_MILLIS });
    verifiers.push(async (token, options) => {
      return (await jwtVerify(token, keys, { ...options, algorithms: PUBLIC_ALGORITHMS })).payload;
    });
  }

  const verify: Verify = async (token, options) => {
    let last: unknown;
    for (const verifier of verifiers) {
      try {
        return await verifier(token, options);
      } catch (error) {
        // The other kind of key may fit; anything but the wrong algorithm is a verdict.
        if (!(error instanceof errors.JOSEAlgNotAllowed)) throw error;
        last = error;
      }
    }
    throw last;
  };

  return {
    mode: 'jwt',
    async authenticate({ authorization }): Promise<Identity> {
      const token = bearerToken(authorization);
      if (token === undefined) throw refusal();
      const now = clock.now();
      const payload = await verify(token, {
        clockTolerance: LEEWAY_SECONDS,
        currentDate: new Date(now),
        ...(issuer === undefined ? {} : { issuer }),
        ...(audience === undefined ? {} : { audience }),
      }).catch((cause: unknown) => {
        throw isVerdict(cause) ? refusal(cause) : keysUnavailable(cause);
      });
      const claims = Claims.safeParse(payload);
      if (!claims.success) throw refusal(claims.error);
      const { sub, iat } = claims.data;
      if (isRevoked(sub, iat === undefined ? undefined : iat * 1_000)) throw refusal();
      return identityOf(claims.data, now);
    },
  };
}

/** RFC 6750, section 2.1; the scheme's name has no case (RFC 9110, section 11.1). */
function bearerToken(authorization: string | undefined): string | undefined {
  return /^Bearer +([\w.~+/=-]+) *$/i.exec(authorization ?? '')?.[1];
}

function identityOf({ sub, name, role, roles = [], exp }: z.infer<typeof Claims>, now: number): Identity {
  const shown = UserName.safeParse(name);
  return {
    userId: sub,
    userName: shown.success ? shown.data : sub,
    guest: false,
    admin: role === 'admin' || [roles].flat().includes('admin'),
    expiresAt: exp === undefined ? undefined : endOf(exp * 1_000, now),
  };
}

/** A token that was let in by the leeway alone lasts as long as the leeway does. */
function endOf(expiry: number, now: number): number {
  return expiry > now ? expiry : expiry + LEEWAY_SECONDS * 1_000;
}

/** True where the token itself is at fault: everything of jose except that no keys came. */
function isVerdict(cause: unknown): boolean {
  if (!(cause instanceof errors.JOSEError)) return false;
  // The plain JOSEError is what a failed answer of the key server becomes.
  return (
    cause.code !== 'ERR_JOSE_GENERIC' &&
    !(cause instanceof errors.JWKSTimeout) &&
    !(cause instanceof errors.JWKSInvalid)
  );
}

function refusal(cause?: unknown): RtdError {
  return new RtdError(
    'UNAUTHENTICATED',
    'The token is missing or not valid. Send `Authorization: Bearer <JWT>` with a token of this server that has not expired.',
    { cause },
  );
}

function keysUnavailable(cause: unknown): RtdError {
  return new RtdError('UNAVAILABLE', 'Tokens cannot be checked now: their keys are not to be had. Try again shortly.', {
    cause,
  });
}
