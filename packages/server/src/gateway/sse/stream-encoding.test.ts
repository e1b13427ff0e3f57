import { SseDecoder, type SseEvent, TickerSymbol } from '@rtd/protocol';
import { expect, it } from 'vitest';
import type { PlacedTick } from '../../market/market-room.ts';
import { encodeTicks } from './stream-encoding.ts';

function placed(price: number, ...position: number[]): PlacedTick {
  const symbol = TickerSymbol.parse('BTC');
  const timestamp = '2026-01-31T09:00:00.000Z';
  return { position, tick: { symbol, price, change: 0, changePercent: 0, volume: 1, timestamp } };
}

it('encodes each tick as itself, whatever was encoded at the same place before', () => {
  const ticks = [
    placed(1, 5, 0, -1),
    placed(2, 4, 1, -1),
    placed(3, 5, 0, -1),
    placed(4, 5 + 8_192, 0, -1),
    placed(5, -1, -1, -1),
  ];
  const events: SseEvent[] = [];
  const decoder = new SseDecoder({ onEvent: (event) => events.push(event) });
  for (let round = 0; round < 3; round += 1) decoder.push(encodeTicks(ticks, 'bare'));
  const once = [
    ['0:5,1:0,2:-1', 1],
    ['0:4,1:1,2:-1', 2],
    ['0:5,1:0,2:-1', 3],
    ['0:8197,1:0,2:-1', 4],
    ['0:-1,1:-1,2:-1', 5],
  ];
  expect(events.map(({ id, data }) => [id, JSON.parse(data).price])).toEqual([...once, ...once, ...once]);
});

it('frames one chunk around all that goes together, counted in bytes', () => {
  const ticks = [placed(1, 0), { ...placed(2, 1), tick: { ...placed(2, 1).tick, symbol: TickerSymbol.parse('株') } }];
  const bare = Buffer.from(encodeTicks(ticks, 'bare'));
  const chunked = Buffer.from(encodeTicks(ticks, 'chunked'));
  expect(chunked.toString()).toBe(`${bare.length.toString(16)}\r\n${bare.toString()}\r\n`);
});
