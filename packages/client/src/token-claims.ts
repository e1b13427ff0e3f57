/** What a JWT says of itself. Nothing is verified here: the server does that; a client only wants to renew it in time. */

export interface TokenClaims {
  readonly subject: string | undefined;
  /** Epoch milliseconds. */
  readonly expiresAt: number | undefined;
}

const NONE: TokenClaims = { subject: undefined, expiresAt: undefined };

/** Undefined fields for what it does not say, and for what is no JWT. */
export function readTokenClaims(token: string): TokenClaims {
  const payload = token.split('.')[1];
  if (payload === undefined) return NONE;
  try {
    const binary = atob(payload.replaceAll('-', '+').replaceAll('_', '/'));
    const text = new TextDecoder().decode(Uint8Array.from(binary, (character) => character.charCodeAt(0)));
    const claims: unknown = JSON.parse(text);
    if (typeof claims !== 'object' || claims === null) return NONE;
    return {
      subject: 'sub' in claims && typeof claims.sub === 'string' ? claims.sub : undefined,
      expiresAt: 'exp' in claims && typeof claims.exp === 'number' ? claims.exp * 1_000 : undefined,
    };
  } catch {
    return NONE;
  }
}
