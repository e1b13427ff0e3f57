/**
 * The rule: a secret for development says so, it begins with `dev`. Everything else could be production's, where a token
 * that anybody made would let them in as anybody; such a secret signs no token for development. How random a secret looks
 * says nothing: people choose words in production too.
 */
export const DEVELOPMENT_PREFIX = 'dev';

export function isDevelopmentSecret(secret: string): boolean {
  return secret.startsWith(DEVELOPMENT_PREFIX);
}
