import { expect, test } from 'vitest';
import { createPriceMemory, MAX_SYMBOLS, MEMORY_MILLIS } from './price-memory.ts';

const see = (memory: ReturnType<typeof createPriceMemory>, symbol: string, price: number, now: number): void =>
  memory.see({ symbol, price, changePercent: 1.5 }, now);

test('the last minute is measured against a minute ago, and older prices are forgotten', () => {
  const memory = createPriceMemory();
  see(memory, 'BTC', 50, 0);
  see(memory, 'BTC', 100, 10_000);
  see(memory, 'BTC', 110, 10_000 + MEMORY_MILLIS);
  expect(memory.outlook('BTC', 10_000 + MEMORY_MILLIS)).toMatchObject({
    price: 110,
    dayPercent: 1.5,
    minutePercent: 10,
  });
});

test('a record needs something to be a record of, and is news until it was told', () => {
  const memory = createPriceMemory();
  see(memory, 'OIL', 70, 0);
  see(memory, 'OIL', 71, 1_000);
  expect(memory.outlook('OIL', 1_000)?.record).toBeUndefined();
  for (let second = 2; second < 30; second += 1) see(memory, 'OIL', 70.5, second * 1_000);
  see(memory, 'OIL', 71.5, 30_000);
  expect(memory.outlook('OIL', 30_000)?.record).toBe('high');
  memory.told('OIL');
  expect(memory.outlook('OIL', 30_000)?.record).toBeUndefined();
  see(memory, 'OIL', 69, 31_000);
  expect(memory.outlook('OIL', 31_000)?.record).toBe('low');
});

test.each([
  [249, 251, 250],
  [251, 249, 250],
  [12_480, 12_510, 12_500],
  [64_100, 64_400, undefined],
  [64_000, 64_900, 64_500],
  [0.995, 1.004, 1],
])('from %d to %d the round number that was crossed is %s', (from, to, round) => {
  const memory = createPriceMemory();
  see(memory, 'X', from, 0);
  see(memory, 'X', to, 1_000);
  const { crossed } = memory.outlook('X', 1_000) ?? {};
  if (round === undefined) expect(crossed).toBeUndefined();
  else expect(crossed).toBeCloseTo(round);
});

test('a market of very many symbols does not grow the memory', () => {
  const memory = createPriceMemory();
  for (let index = 0; index < 10 * MAX_SYMBOLS; index += 1) see(memory, `S${index}`, 1, 0);
  expect(memory.outlooks(0)).toHaveLength(MAX_SYMBOLS);
});
