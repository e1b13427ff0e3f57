import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatHeartBeat, negotiateHeartBeat, parseHeartBeat } from './heart-beat.ts';

describe('heart-beat header', () => {
  it('rule 11: missing means 0,0', () => {
    expect(parseHeartBeat(undefined)).toEqual({ outgoing: 0, incoming: 0 });
  });

  it.each(['', ',', '1', '1,', ',1', '1,2,3', '-1,0', '1.5,0', 'a,b', '1 ,2', ' 1,2', '0x1,0', '1e3,0'])(
    'rule 12: %j is refused',
    (header) => {
      expect(() => parseHeartBeat(header)).toThrow(expect.objectContaining({ code: 'bad-heart-beat' }));
    },
  );

  it('is read as it is written', () => {
    const millis = fc.nat({ max: 999_999_999_999_999 });
    fc.assert(
      fc.property(fc.record({ outgoing: millis, incoming: millis }), (heartBeat) => {
        expect(parseHeartBeat(formatHeartBeat(heartBeat))).toEqual(heartBeat);
      }),
    );
  });
});

describe('rule 13: negotiation', () => {
  const offer = { outgoing: 10_000, incoming: 10_000 };

  it('takes the slower of what one can and the other wants', () => {
    expect(negotiateHeartBeat(offer, { outgoing: 5_000, incoming: 20_000 })).toEqual({
      sendEvery: 20_000,
      expectEvery: 10_000,
    });
  });

  it('a 0 on either side turns that direction off', () => {
    expect(negotiateHeartBeat(offer, { outgoing: 0, incoming: 1 })).toEqual({ sendEvery: 10_000, expectEvery: 0 });
    expect(negotiateHeartBeat(offer, { outgoing: 1, incoming: 0 })).toEqual({ sendEvery: 0, expectEvery: 10_000 });
    expect(negotiateHeartBeat({ outgoing: 0, incoming: 0 }, offer)).toEqual({ sendEvery: 0, expectEvery: 0 });
  });

  it('is the same agreement seen from both sides, and fits a timer even twice', () => {
    const side = fc.record({ outgoing: fc.nat(), incoming: fc.maxSafeNat() });
    fc.assert(
      fc.property(side, side, (mine, theirs) => {
        const here = negotiateHeartBeat(mine, theirs);
        const there = negotiateHeartBeat(theirs, mine);
        expect(here.sendEvery).toBe(there.expectEvery);
        expect(here.expectEvery).toBe(there.sendEvery);
        expect(2 * Math.max(here.sendEvery, here.expectEvery)).toBeLessThan(2 ** 31);
      }),
    );
  });
});
