import { Readable } from 'node:stream';
import { TickInput } from '@rtd/protocol';
import { expect, test } from 'vitest';
import { createFileMarket, FileClock } from './file-market.ts';
import { type BadLine, ticksIn } from './tick-file.ts';

async function read(text: string): Promise<{ ticks: TickInput[]; bad: BadLine[] }> {
  const bad: BadLine[] = [];
  const ticks: TickInput[] = [];
  for await (const tick of ticksIn(Readable.from([text]), (line) => bad.push(line))) ticks.push(tick);
  return { ticks, bad };
}

test('CSV: names in any order and case, quotes, empty cells, empty lines, and columns that are no field of a tick', async () => {
  const { ticks, bad } = await read(
    '\uFEFFTime,Exchange,TICKER,Close,Vol\r\n2026-01-01T10:00:00Z,"N, ""Y""",BTC,100.5,3\r\n\r\n1767261603,x,"ETH",3,\r\n,x,OIL,7,1\r\n',
  );
  expect(bad).toEqual([]);
  expect(ticks).toEqual([
    { symbol: 'BTC', price: 100.5, volume: 3, timestamp: '2026-01-01T10:00:00.000Z' },
    { symbol: 'ETH', price: 3, timestamp: '2026-01-01T10:00:03.000Z' },
    { symbol: 'OIL', price: 7, volume: 1 },
  ]);
});

test('NDJSON, and epoch milliseconds', async () => {
  const { ticks, bad } = await read('{"symbol":"BTC","price":1,"timestamp":1767261603123}\n{"symbol":"ETH","price":2}');
  expect(bad).toEqual([]);
  expect(ticks).toEqual([
    { symbol: 'BTC', price: 1, timestamp: '2026-01-01T10:00:03.123Z' },
    { symbol: 'ETH', price: 2 },
  ]);
});

test('a bad line is reported with its number and the reason, and the others are taken', async () => {
  const { ticks, bad } = await read(
    'symbol;price;timestamp\nBTC;1;\nBTC;abc;\nBTC;-1;\nB TC;1;\nBTC;1\nBTC;1;yesterday\n"BTC;1;\nETH;2;\n',
  );
  expect(ticks.map(({ symbol }) => symbol)).toEqual(['BTC', 'ETH']);
  expect(bad.map(({ line }) => line)).toEqual([3, 4, 5, 6, 7, 8]);
  expect(bad.map(({ reason }) => reason)).toEqual([
    'price: "abc" is no number',
    expect.stringMatching(/^price: /),
    expect.stringMatching(/^symbol: /),
    'has 2 values, and there are 3 columns',
    'timestamp: "yesterday" is no time',
    'a quote is not closed',
  ]);
  const json = await read('{"symbol":"BTC","price":1}\nnope\n[1]\n{"price":1}\n');
  expect(json.bad.map(({ line }) => line)).toEqual([2, 3, 4]);
});

test('a CSV without names is refused as a whole', async () => {
  await expect(read('BTC,100\nETH,3\n')).rejects.toThrow(/no column "symbol"/);
});

const pace = { speed: 1, maxGapMillis: Number.POSITIVE_INFINITY, rate: 10, keepTime: false };
const at = (seconds: number): TickInput =>
  TickInput.parse({ symbol: 'BTC', price: seconds + 1, timestamp: new Date(1_000 * seconds).toISOString() });
/** When each tick is due, from a market that is asked at every millisecond that it names. */
function dues(ticks: readonly TickInput[], given = pace): number[] {
  const market = createFileMarket(ticks, new FileClock(given, 5_000), given);
  return ticks.map(() => {
    const next = market.nextAt();
    expect(market.take(next - 0.001, 1)).toEqual([]);
    expect(market.take(next, 1)).toHaveLength(1);
    return next - 5_000;
  });
}

test('ticks of a file are due as far apart as their times, faster or with bounded gaps where that is asked', () => {
  const ticks = [at(10), at(12), at(11), at(112)];
  expect(dues(ticks)).toEqual([0, 2_000, 2_000, 102_000]);
  expect(dues(ticks, { ...pace, speed: 2, maxGapMillis: 10_000 })).toEqual([0, 1_000, 1_000, 11_000]);
  expect(dues(ticks, { ...pace, speed: Number.POSITIVE_INFINITY })).toEqual([0, 0, 0, 0]);
});

test('they get the time of now, or keep their own; a market that stood still is late, and skips none', () => {
  const market = createFileMarket([at(10), at(12)], new FileClock(pace, 5_000), pace);
  expect(market.take(5_000, 10)).toMatchObject([{ timestamp: new Date(5_000).toISOString() }]);
  market.delay(60_000);
  expect(market.nextAt()).toBe(67_000);
  expect(market.take(66_999, 10)).toEqual([]);
  expect(market.take(67_000, 10)).toHaveLength(1);
  expect(market.nextAt()).toBe(Number.POSITIVE_INFINITY);
  const kept = { ...pace, keepTime: true };
  expect(createFileMarket([at(10)], new FileClock(kept, 5_000), kept).take(5_000, 1)).toEqual([at(10)]);
});

test('a piece of the file goes on where the last one ended', () => {
  const clock = new FileClock(pace, 0);
  createFileMarket([at(10), at(12)], clock, pace);
  expect(createFileMarket([at(15)], clock, pace).nextAt()).toBe(5_000);
});
