import { describe, expect, it } from 'vitest';
import { NOON, tick } from '../../test/messages.ts';
import type { Quote } from '../state/market.ts';
import { chartRows } from './chart-rows.ts';
import { createDrawing } from './drawing.ts';
import { createLocalTime } from './local-time.ts';
import { rowColumns } from './style.ts';
import { createTheme } from './theme.ts';

const quoteOf = (samples: readonly number[]): Quote => ({
  tick: tick('BTC', samples.at(-1) ?? 1),
  moved: 'up',
  movedAt: NOON,
  at: NOON,
  samples,
  step: NOON / 1_000,
});

describe.each([false, true])('a chart, in ASCII: %s', (ascii) => {
  const drawing = createDrawing(createTheme({ level: 0, ascii }), createLocalTime('UTC'));

  it('names the highest and the lowest price, however many share a dot', () => {
    const samples = Array.from({ length: 300 }, (_, index) => (index === 150 ? 999 : index === 200 ? 11 : 100));
    const rows = chartRows(quoteOf(samples), 30, 8, drawing);
    const lines = rows.map((row) => row.map(({ text }) => text).join(''));
    expect(lines[1]).toMatch(/999\.00$/);
    expect(lines.at(-2)).toMatch(/11\.00$/);
    expect(rows.map(rowColumns)).toEqual(new Array(8).fill(30));
  });

  it('has its size with a single price too', () => {
    expect(chartRows(quoteOf([5]), 24, 5, drawing).map(rowColumns)).toEqual(new Array(5).fill(24));
  });
});
