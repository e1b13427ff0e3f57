/**
 * Between the market of `@rtd/client` and the store: ticks are gathered for a moment, so that a busy market costs a few
 * events a second; candles are fetched for the chart that is open, and again now and then, because ticks alone do not have
 * the volume.
 */
import type { Clock, MarketStream, Timer, Unsubscribe } from '@rtd/client';
import type { CandleInterval, Tick } from '@rtd/protocol';
import type { FrameStore } from '../state/frame-store.ts';
import { MAX_SAMPLES, SAMPLE_MILLIS } from '../state/market.ts';
import { MAX_CANDLES } from '../state/price-board.ts';
import type { Terminal, TerminalEvent } from '../state/terminal.ts';

export interface Prices {
  /** Opens the chart, at the interval of the one before when none is given. */
  chart(symbol: string, interval?: CandleInterval): void;
  reconnect(): void;
  close(): void;
}

export interface PricesOptions {
  readonly store: FrameStore<Terminal, TerminalEvent>;
  readonly market: MarketStream;
  readonly clock: Clock;
  /** An alert has rung. */
  onRing(text: string): void;
}

const TICK_GATHER_MILLIS = 100;
const CANDLES_AGAIN_MILLIS = 10_000;
/** Sparklines of this many symbols are filled from the server's candles at the start. */
const PAST_FOR_SYMBOLS = 16;

export function openPrices({ store, market, clock, onRing }: PricesOptions): Prices {
  const ended: Unsubscribe[] = [];
  const stop = new AbortController();
  let gathered: Tick[] = [];
  let gathering: Timer | undefined;
  let again: Timer | undefined;

  const ring = (before: Terminal): void => {
    const { alerts } = store.state;
    if (alerts === before.alerts) return;
    for (const alert of alerts) {
      const rang = alert.rangAt !== undefined && !before.alerts.includes(alert);
      if (rang) onRing(`${alert.symbol} ${alert.when === '>' ? 'is over' : 'is under'} ${alert.price}`);
    }
  };
  const hear = (kind: 'snapshot' | 'ticks', ticks: readonly Tick[]): void => {
    const before = store.state;
    store.dispatch({ kind: 'market', event: { kind, ticks, now: clock.now() } });
    ring(before);
  };
  const handOver = (): void => {
    gathering?.cancel();
    gathering = undefined;
    const ticks = gathered;
    gathered = [];
    hear('ticks', ticks);
  };

  let pastAsked = false;
  ended.push(
    market.on('state', (state) => {
      store.dispatch({ kind: 'link', link: 'market', state });
      if (state.kind === 'live') void loadCandles();
    }),
    market.on('snapshot', (ticks) => {
      handOver();
      hear('snapshot', ticks);
      if (pastAsked) return;
      pastAsked = true;
      void loadPast(ticks.slice(0, PAST_FOR_SYMBOLS).map(({ symbol }) => symbol));
    }),
    market.on('tick', (tick) => {
      gathered.push(tick);
      gathering ??= clock.after(TICK_GATHER_MILLIS, handOver);
    }),
    () => gathering?.cancel(),
    () => again?.cancel(),
  );
  store.dispatch({ kind: 'link', link: 'market', state: market.state });

  /** A nicety: without it the sparklines begin empty. */
  const loadPast = async (symbols: readonly string[]): Promise<void> => {
    for (const symbol of symbols) {
      try {
        const candles = await market.api.candles(symbol, '1s', MAX_SAMPLES, stop.signal);
        const prices = candles.map(({ c }) => c);
        const until = (candles.at(-1)?.t ?? clock.now()) + SAMPLE_MILLIS;
        store.dispatch({ kind: 'market', event: { kind: 'past', symbol, prices, until } });
      } catch {
        return;
      }
    }
  };

  const loadCandles = async (): Promise<void> => {
    again?.cancel();
    const { chart } = store.state.prices;
    if (chart === undefined || stop.signal.aborted) return;
    const { symbol, interval } = chart;
    const tell = (candles: Awaited<ReturnType<typeof market.api.candles>> | undefined): void => {
      store.dispatch({ kind: 'prices', event: { kind: 'candles', symbol, interval, candles } });
    };
    await market.api.candles(symbol, interval, MAX_CANDLES, stop.signal).then(tell, () => tell(undefined));
    if (stop.signal.aborted) return;
    again?.cancel();
    again = clock.after(CANDLES_AGAIN_MILLIS, () => void loadCandles());
  };

  return {
    chart: (symbol, interval) => {
      store.dispatch({ kind: 'prices', event: { kind: 'chart-opened', symbol, interval } });
      void loadCandles();
    },
    reconnect: () => market.reconnectNow(),
    close: () => {
      stop.abort();
      for (const end of ended) end();
      market.close();
    },
  };
}
