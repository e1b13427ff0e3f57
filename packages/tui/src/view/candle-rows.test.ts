import type { Candle } from '@rtd/protocol';
import { expect, it } from 'vitest';
import { NOON, tick } from '../../test/messages.ts';
import { EMPTY_MARKET, reduceMarket } from '../state/market.ts';
import { candleRows } from './candle-rows.ts';
import { createDrawing } from './drawing.ts';
import { createLocalTime } from './local-time.ts';
import { rowColumns } from './style.ts';
import { createTheme } from './theme.ts';

const drawing = createDrawing(createTheme({ level: 0 }), createLocalTime('UTC'));
const candles = Array.from(
  { length: 60 },
  (_, index): Candle => ({ t: NOON + index * 60_000, o: 64_207.18, h: 64_366.24, l: 64_033.69, c: 64_107.93, v: 12 }),
);
const market = reduceMarket(EMPTY_MARKET, { kind: 'ticks', ticks: [tick('BTC', 64_107.93)], now: NOON });

function drawn(columns: number, height: number, crosshair?: number): string[] {
  const chart = { symbol: 'BTC', interval: '1m', style: 'candles', candles, state: 'ready', crosshair } as const;
  const quote = market.get('BTC');
  const rows = candleRows({ chart, quote, columns, height, now: NOON + 3_000, drawing });
  for (const row of rows) expect(rowColumns(row)).toBe(columns);
  return rows.map((row) => row.map(({ text }) => text).join(''));
}

it.each([
  [38, 32],
  [40, 10],
  [80, 16],
])('at %i by %i everything is told: interval, high, low, volume, age, and all of the crosshair', (columns, height) => {
  const text = drawn(columns, height, candles[30]?.t).join(' ').replaceAll(/\s+/g, ' ');
  for (const part of ['1m candles', 'H 64,366.24 L 64,033.69', 'vol ', '3s old']) expect(text).toContain(part);
  expect(text).toContain('O 64,207.18 H 64,366.24 L 64,033.69 C 64,107.93 V 12');
});

it('nothing moves when the crosshair comes', () => {
  const [without, having] = [drawn(38, 32), drawn(38, 32, candles[59]?.t)];
  expect(having.slice(0, 3)).toEqual(without.slice(0, 3));
  expect(having.findIndex((row) => row.includes('12:59'))).toBe(without.findIndex((row) => row.includes('12:59')));
});
