import { describe, expect, it } from 'vitest';
import { Backoff } from './backoff.ts';

const withoutJitter = (): number => 0.5;

describe('Backoff', () => {
  it('waits 1, 2, 4, 8, 16, 30, 30 seconds', () => {
    const backoff = new Backoff(withoutJitter);
    expect(Array.from({ length: 7 }, () => backoff.next())).toEqual([1000, 2000, 4000, 8000, 16000, 30000, 30000]);
  });

  it('spreads clients over a quarter each way, and never waits over 30 s', () => {
    const early = new Backoff(() => 0);
    const late = new Backoff(() => 0.999999);
    expect(early.next()).toBe(750);
    expect(late.next()).toBe(1250);
    for (let i = 0; i < 100; i++) expect(late.next()).toBeLessThanOrEqual(30_000);
  });

  it('starts over after a reset', () => {
    const backoff = new Backoff(withoutJitter);
    backoff.next();
    backoff.next();
    backoff.reset();
    expect(backoff.next()).toBe(1000);
  });

  it('heeds the first wait that a server asks for, within bounds', () => {
    const backoff = new Backoff(withoutJitter);
    backoff.startFrom(2_000);
    expect([backoff.next(), backoff.next()]).toEqual([2000, 4000]);
    backoff.reset();
    backoff.startFrom(0);
    expect(backoff.next()).toBe(100);
    backoff.reset();
    backoff.startFrom(86_400_000);
    expect(backoff.next()).toBe(30_000);
  });
});
