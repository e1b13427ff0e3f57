import { describe, expect, it } from 'vitest';
import { formatAge, formatPercent, formatPrice, formatPriceShort } from './number-format.ts';

describe('numbers', () => {
  it.each([
    [64_250.1, '64,250.10'],
    [1_234_567.891, '1,234,567.89'],
    [9.5, '9.5000'],
    [0.00001234, '0.00001234'],
  ])('price %d', (price, text) => {
    expect(formatPrice(price)).toBe(text);
  });

  it('short prices', () => {
    expect([64_250.1, 250.1].map(formatPriceShort)).toEqual(['64,250', '250.10']);
  });

  it('percents keep their sign, and zero has none', () => {
    expect([0.314, -12.0449, 0, 0.001, -0.001, 2_500].map(formatPercent)).toEqual([
      '+0.31%',
      '-12.04%',
      '0.00%',
      '0.00%',
      '0.00%',
      '+2500%',
    ]);
  });

  it('ages', () => {
    expect([8_400, 190_000, 7_300_000, 5 * 86_400_000].map(formatAge)).toEqual(['8s', '3m', '2h', '5d']);
  });
});
