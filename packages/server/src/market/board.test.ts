import { type Tick, TickerSymbol, type TickInput } from '@rtd/protocol';
import { describe, expect, it } from 'vitest';
import { Board } from './board.ts';

const BTC = TickerSymbol.parse('BTC');
const ETH = TickerSymbol.parse('ETH');
const NOON = Date.parse('2026-01-31T12:00:00.000Z');
const TOMORROW = '2026-02-01T00:00:00.000Z';

/** The board's answer, which it is expected to have. */
function complete(board: Board, ...inputs: TickInput[]): readonly Tick[] {
  const completed = board.complete(inputs, NOON);
  if (completed === undefined) throw new Error('too many symbols');
  return completed.ticks;
}

let offset = 0;
function log(board: Board, ...ticks: readonly Tick[]): void {
  for (const tick of ticks) {
    offset += 1;
    expect(board.take({ partition: 0, offset, tick })).toBe(true);
  }
}

describe('completing ticks', () => {
  it('takes the first price of a symbol as its open, and counts the change from there', () => {
    const board = new Board(10);
    expect(complete(board, { symbol: BTC, price: 200 })).toEqual([
      { symbol: BTC, price: 200, change: 0, changePercent: 0, volume: 0, timestamp: '2026-01-31T12:00:00.000Z' },
    ]);
    log(board, ...complete(board, { symbol: BTC, price: 200 }));
    expect(complete(board, { symbol: BTC, price: 210.3 })[0]).toMatchObject({ change: 10.3, changePercent: 5.15 });
  });

  it('sees the open in an earlier tick of the same call, and of one that the log has not given back yet', () => {
    const board = new Board(10);
    const [, second] = complete(board, { symbol: BTC, price: 100 }, { symbol: BTC, price: 90 });
    expect(second).toMatchObject({ change: -10, changePercent: -10 });
    expect(complete(board, { symbol: BTC, price: 150 })[0]).toMatchObject({ change: 50, changePercent: 50 });
  });

  it('forgets the open of ticks that the log has refused', () => {
    const board = new Board(10);
    board.complete([{ symbol: BTC, price: 100 }], NOON)?.withdraw();
    expect(complete(board, { symbol: BTC, price: 150 })[0]).toMatchObject({ change: 0 });
  });

  it('takes what the producer says, and what follows from it', () => {
    const board = new Board(10);
    expect(complete(board, { symbol: BTC, price: 110, change: 10 })[0]).toMatchObject({ changePercent: 10 });
    expect(complete(board, { symbol: ETH, price: 90, changePercent: -10 })[0]?.change).toBeCloseTo(-10, 9);
    const told = { symbol: BTC, price: 1, change: 5, changePercent: 7, volume: 3 } as const;
    expect(complete(board, told)[0]).toMatchObject(told);
    // The open is the one that the producer's own change tells: 110 - 10.
    expect(complete(board, { symbol: BTC, price: 120 })[0]).toMatchObject({ change: 20, changePercent: 20 });
  });

  it('opens a new session at midnight UTC, and lets no late tick bring the old one back', () => {
    const board = new Board(10);
    log(board, ...complete(board, { symbol: BTC, price: 100 }));
    const [first] = complete(board, { symbol: BTC, price: 130, timestamp: TOMORROW });
    expect(first).toMatchObject({ change: 0 });
    if (first !== undefined) log(board, first);
    log(board, ...complete(board, { symbol: BTC, price: 99 }));
    expect(complete(board, { symbol: BTC, price: 143, timestamp: TOMORROW })[0]).toMatchObject({
      change: 13,
      changePercent: 10,
    });
  });

  it('writes every time in UTC with milliseconds', () => {
    const [tick] = complete(new Board(10), { symbol: BTC, price: 1, timestamp: '2026-01-31T02:30:00+02:00' });
    expect(tick?.timestamp).toBe('2026-01-31T00:30:00.000Z');
  });

  it('never computes a number that JSON cannot carry', () => {
    const board = new Board(10);
    const ticks = complete(
      board,
      { symbol: BTC, price: 1e-300, change: 0 },
      { symbol: BTC, price: Number.MAX_VALUE },
      { symbol: ETH, price: 5, change: 5 },
      { symbol: ETH, price: 5, changePercent: -100 },
    );
    for (const tick of ticks) {
      expect(Number.isFinite(tick.change)).toBe(true);
      expect(Number.isFinite(tick.changePercent)).toBe(true);
    }
  });
});

describe('the bound of symbols', () => {
  it('refuses ticks that pass it, those on their way counted', () => {
    const board = new Board(2);
    expect(board.complete([{ symbol: BTC, price: 1 }], NOON)).toBeDefined();
    expect(
      board.complete(
        [
          { symbol: ETH, price: 1 },
          { symbol: TickerSymbol.parse('SOL'), price: 1 },
        ],
        NOON,
      ),
    ).toBeUndefined();
    expect(board.complete([{ symbol: ETH, price: 1 }], NOON)).toBeDefined();
    expect(board.complete([{ symbol: TickerSymbol.parse('SOL'), price: 1 }], NOON)).toBeUndefined();
  });

  it('holds for what comes out of the log', () => {
    const board = new Board(1);
    log(board, ...complete(board, { symbol: BTC, price: 1 }));
    const tick: Tick = {
      symbol: ETH,
      price: 1,
      change: 0,
      changePercent: 0,
      volume: 0,
      timestamp: '2026-01-31T12:00:00.000Z',
    };
    expect(board.take({ partition: 0, offset: 9, tick })).toBe(false);
    expect(board.symbols()).toEqual([BTC]);
  });
});
