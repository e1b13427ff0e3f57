import { describe, expect, it } from 'vitest';
import { randomFromSeed } from './random.ts';

const draws = (count: number, draw: () => number): number[] => Array.from({ length: count }, draw);
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('randomFromSeed', () => {
  it('repeats itself for the same seed, and only for that', () => {
    const first = draws(100, randomFromSeed('42').uniform);
    expect(draws(100, randomFromSeed('42').uniform)).toEqual(first);
    expect(draws(100, randomFromSeed('43').uniform)).not.toEqual(first);
    expect(draws(100, randomFromSeed('').uniform)).not.toEqual(first);
  });

  it('forks into streams that neither repeat nor disturb their origin', () => {
    const undisturbed = draws(10, randomFromSeed('a').uniform);
    const random = randomFromSeed('a');
    const fork = draws(10, random.fork('x').uniform);
    expect(draws(10, random.uniform)).toEqual(undisturbed);
    expect(fork).not.toEqual(undisturbed);
    expect(fork).not.toEqual(draws(10, random.fork('y').uniform));
  });

  // For n draws of variance v the mean strays from its own by less than 5·sqrt(v/n) in all but one of two million seeds.
  const n = 100_000;

  it('is uniform over [0, 1)', () => {
    const values = draws(n, randomFromSeed('u').uniform);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values)).toBeLessThan(1);
    expect(Math.abs(mean(values) - 1 / 2)).toBeLessThan(5 * Math.sqrt(1 / 12 / n));
    const tenth = values.filter((value) => value < 0.1).length / n;
    expect(Math.abs(tenth - 0.1)).toBeLessThan(5 * Math.sqrt((0.1 * 0.9) / n));
  });

  it('is normal with mean 0 and variance 1, also in the tails', () => {
    const values = draws(n, randomFromSeed('n').normal);
    expect(Math.abs(mean(values))).toBeLessThan(5 / Math.sqrt(n));
    // The variance of a squared standard normal is 2.
    expect(Math.abs(mean(values.map((value) => value * value)) - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
    const beyondTwo = 0.0455;
    const tail = values.filter((value) => Math.abs(value) > 2).length / n;
    expect(Math.abs(tail - beyondTwo)).toBeLessThan(5 * Math.sqrt(beyondTwo / n));
  });

  it('draws every integer below its bound', () => {
    const random = randomFromSeed('i');
    expect(new Set(draws(200, () => random.integer(5)))).toEqual(new Set([0, 1, 2, 3, 4]));
  });
});
