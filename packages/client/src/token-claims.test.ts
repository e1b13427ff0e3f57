import { describe, expect, it } from 'vitest';
import { readTokenClaims } from './token-claims.ts';

const tokenOf = (claims: string): string => `e30.${Buffer.from(claims).toString('base64url')}.x`;

describe('readTokenClaims', () => {
  it('reads whom a token names and when it ends', () => {
    expect(readTokenClaims(tokenOf('{"sub":"Zoë.猫","exp":1800000000}'))).toEqual({
      subject: 'Zoë.猫',
      expiresAt: 1_800_000_000_000,
    });
  });

  it.each(['', 'no token', 'a.b.c', 'e30.e30.x', tokenOf('null'), tokenOf('{"sub":1,"exp":"soon"}'), tokenOf('{')])(
    'says nothing of %j',
    (token) => {
      expect(readTokenClaims(token)).toEqual({ subject: undefined, expiresAt: undefined });
    },
  );
});
