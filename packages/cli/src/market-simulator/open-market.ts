/** A market for a server: the one that a seed names, or one that goes on from the prices the server has. */
import type { HttpApi } from '@rtd/client';
import type { TickerSymbol } from '@rtd/protocol';
import { type Random, randomFromSeed } from '../random.ts';
import { instrumentOf } from './instruments.ts';
import { createMarket, type Market, type Standing } from './market.ts';
import type { Scenario } from './scenario.ts';

export interface NewMarket {
  readonly symbols: readonly TickerSymbol[];
  /** Ticks a second, of all symbols together. */
  readonly rate: number;
  /** 1 is a usual day. */
  readonly volatility: number;
  /** With it the same ticks each time, from the listed prices on; without it another market each time, from the server's prices on. */
  readonly seed: string | undefined;
  /** A shock; undefined for none. */
  readonly scenario?: Scenario | undefined;
}

/** @throws RtdError when the server cannot be asked for its prices; what `signal` aborted with. */
export async function openMarket(
  api: Pick<HttpApi, 'snapshot'>,
  { symbols, rate, volatility, seed, scenario }: NewMarket,
  now: () => number,
  signal?: AbortSignal,
): Promise<Market> {
  const random: Random = randomFromSeed(seed ?? crypto.randomUUID());
  // Asked in any case: who cannot be reached is to be known before the first tick.
  const board = await api.snapshot(signal);
  const standings =
    seed === undefined
      ? new Map<TickerSymbol, Standing>(
          board.map(({ symbol, price, change }) => [symbol, { price, open: price - change }]),
        )
      : undefined;
  const instruments = symbols.map(instrumentOf);
  return createMarket({ instruments, random, rate, volatility, start: now(), standings, scenario });
}
