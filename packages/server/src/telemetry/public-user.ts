/** Users in figures that anybody may read (`/metrics` asks nobody who they are). */
import { createHash } from 'node:crypto';

const LENGTH = 12;

/**
 * What `/metrics` calls a user: where auth is open, names are nobody's secret; else the beginning of their SHA-256, by which
 * who knows the names finds them (`printf %s ann | sha256sum`). Nobody stays nobody.
 */
export function publicUser(user: string, auth: 'open' | 'jwt'): string {
  if (auth === 'open' || user === '') return user;
  return createHash('sha256').update(user).digest('hex').slice(0, LENGTH);
}
