import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { barChart, barSparkline, brailleChart, inRuns, stretched } from './sparkline.ts';

const prices = fc.array(fc.double({ min: 0.01, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 300 });

describe('a sparkline', () => {
  it('goes from the lowest to the highest bar', () => {
    expect(barSparkline([1, 2, 3, 4, 5, 6, 7, 8], 8)).toBe('▁▂▃▄▅▆▇█');
  });

  it('stands at the right, the newest last', () => {
    expect(barSparkline([1, 8], 4)).toBe('  ▁█');
    expect(barSparkline([9, 9, 1, 8], 2)).toBe('▁█');
  });

  it('is flat in the middle for a price that stands still', () => {
    expect(barSparkline([5, 5], 2)).toBe('▄▄');
  });
});

describe('a chart', () => {
  it('draws a rising line from the lower left to the upper right', () => {
    expect(brailleChart([1, 2, 3, 4], 2, 1)).toEqual(['⡠⠊']);
  });

  it('draws steep moves through', () => {
    expect(brailleChart([1, 1, 1, 9], 2, 2)).toEqual([' ⢸', '⣀⡸']);
  });

  it('has the asked size, for any prices', () => {
    fc.assert(
      fc.property(
        prices,
        fc.integer({ min: 1, max: 80 }),
        fc.integer({ min: 1, max: 20 }),
        (values, columns, height) => {
          for (const lines of [brailleChart(values, columns, height), barChart(values, columns, height)]) {
            expect(lines.map((line) => line.length)).toEqual(new Array(height).fill(columns));
          }
        },
      ),
    );
  });
});

describe('a short series', () => {
  it('is drawn out with straight lines, and keeps its ends', () => {
    expect(stretched([1, 3, 2], 5)).toEqual([1, 2, 3, 2.5, 2]);
    expect(stretched([7], 3)).toEqual([7, 7, 7]);
    expect(stretched([1, 2, 3], 2)).toEqual([1, 2, 3]);
  });
});

describe('runs', () => {
  it('end where steps say', () => {
    expect(inRuns([1, 3, 5, 7, 10], 9, 5)).toEqual([5.2]);
    expect(inRuns([1, 3, 5, 7, 10], 10, 5)).toEqual([4, 10]);
  });
});

it('with a floor of its own a chart stands on it, also where nothing moves', () => {
  expect(brailleChart([0, 0], 1, 2, 0)).toEqual([' ', '⣀']);
  // What never moves, but is above the floor, is at the top.
  expect(brailleChart([8, 8], 1, 2, 0)).toEqual(['⠉', ' ']);
});
