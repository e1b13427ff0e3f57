/** Makes a market stream: SSE where it can be had, long polling where not, resumed by the id of the last event. */
import {
  type MarketPoll,
  parseOrRefuse,
  type SseEvent,
  StreamConnected,
  StreamReset,
  Tick,
  TickerSymbol,
} from '@rtd/protocol';
import { Backoff } from './backoff.ts';
import { type Clock, systemClock, type Timer } from './clock.ts';
import { Emitter } from './emitter.ts';
import { type HttpApi, httpApiOf } from './http-api.ts';
import { type HttpPeer, notRtd, parseJson, UnreachableError } from './http-request.ts';
import { Credentials } from './identity.ts';
import { endingOf, endingOfKnown, type LinkEnding } from './link-ending.ts';
import { type LinkAttempt, LinkKeeper, type LinkReport } from './link-keeper.ts';
import type { LinkState, Unsubscribe } from './link-state.ts';
import type { MarketEvents, MarketOptions, MarketStream } from './market-stream.ts';
import { pause } from './pause.ts';
import { parseServerAddress } from './server-address.ts';
import { openSseConnection, type SseConnection, type SseEnding } from './sse-connection.ts';

/** As long as a server holds a request open (contract, section 1). */
const WAIT_SECONDS = 25;
/** An empty answer before this was not held open: asking again at once would be a storm. */
const HELD_MILLIS = 10_000;
/** While polling, SSE is tried again: after 10 s first, then more and more rarely. */
const FIRST_BETTER_TRY_MILLIS = 10_000;

/** Starts at once and returns before there is a link. @throws RtdError VALIDATION for an address or a symbol that cannot be one. */
export function connectMarket(options: MarketOptions): MarketStream {
  return new ResumingMarketStream(options);
}

class ResumingMarketStream implements MarketStream {
  readonly api: HttpApi;
  readonly #options: MarketOptions;
  readonly #peer: HttpPeer;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #symbols: ReadonlySet<string> | undefined;
  readonly #emitter = new Emitter<MarketEvents>();
  readonly #keeper: LinkKeeper;
  #lastEventId: string | undefined;
  /** True once SSE could not be had where plain HTTP could. */
  #pollsFirst: boolean;
  #everUp = false;

  constructor(options: MarketOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#lastEventId = options.lastEventId;
    this.#pollsFirst = options.transport === 'poll';
    const symbols = options.symbols?.map((symbol) => parseOrRefuse(TickerSymbol, symbol, 'symbols'));
    this.#symbols = symbols === undefined || symbols.length === 0 ? undefined : new Set(symbols);
    this.#peer = {
      baseUrl: parseServerAddress(options.url).baseUrl,
      // Browsers want `fetch` to be called on its window.
      fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
      clock: this.#clock,
      credentials: new Credentials(options.identity ?? {}),
    };
    this.api = httpApiOf(this.#peer);
    this.#keeper = new LinkKeeper({
      clock: this.#clock,
      random: this.#random,
      open: (report) => (this.#pollsFirst ? this.#openPolling(report) : this.#openSse(report)),
      onState: (state) => this.#emitter.emit('state', state),
    });
    this.#keeper.connect();
  }

  get state(): LinkState {
    return this.#keeper.state;
  }

  get lastEventId(): string | undefined {
    return this.#lastEventId;
  }

  on<E extends keyof MarketEvents>(event: E, listener: MarketEvents[E]): Unsubscribe {
    return this.#emitter.on(event, listener);
  }

  reconnectNow(): void {
    if (this.state.kind === 'polling' && this.#options.transport !== 'poll') {
      this.#pollsFirst = false;
      this.#keeper.connect();
    } else this.#keeper.connectNow();
  }

  goOffline(): void {
    this.#keeper.goOffline();
  }

  close(): void {
    this.#keeper.close();
  }

  #openSse(report: LinkReport): LinkAttempt {
    const diagnosis = new AbortController();
    const connection = this.#connect({
      onEvent: (event) => this.#takeEvent(event, report, connection),
      onEnded: (ending) => {
        this.#diagnose(ending, diagnosis.signal).then(
          (linkEnding) => report.ended(this.#known(linkEnding)),
          // Nobody waits for it any more.
          () => {},
        );
      },
    });
    return {
      close: () => {
        diagnosis.abort();
        connection.close();
      },
    };
  }

  #connect(callbacks: { onEvent(event: SseEvent): void; onEnded(ending: SseEnding): void }): SseConnection {
    const { conflateMillis } = this.#options;
    return openSseConnection({
      peer: this.#peer,
      path: '/stream',
      query: {
        symbols: this.#symbols === undefined ? undefined : [...this.#symbols].join(','),
        conflate: conflateMillis === undefined || conflateMillis <= 0 ? undefined : conflateMillis,
      },
      lastEventId: this.#lastEventId,
      onWire: this.#options.onWire,
      onRetry: (millis) => this.#keeper.waitFrom(millis),
      ...callbacks,
    });
  }

  #takeEvent({ event, data, id }: SseEvent, report: LinkReport, connection: SseConnection): void {
    const json = parseJson(data);
    switch (event) {
      case 'connected':
        if (StreamConnected.safeParse(json).success) this.#up('live', report);
        else this.#garbled(event, report, connection);
        return;
      case 'snapshot': {
        const ticks = Tick.array().safeParse(json);
        if (!ticks.success) this.#garbled(event, report, connection);
        else this.#handOver(id, () => this.#emitter.emit('snapshot', ticks.data));
        return;
      }
      case 'market-tick': {
        const tick = Tick.safeParse(json);
        if (!tick.success) this.#garbled(event, report, connection);
        else this.#handOver(id, () => this.#emitter.emit('tick', tick.data));
        return;
      }
      case 'reset': {
        const reset = StreamReset.safeParse(json);
        this.#lastEventId = undefined;
        this.#emitter.emit('reset', reset.success ? reset.data.reason : 'The server could not go on where it was.');
        return;
      }
      default:
    }
  }

  /** The place moves before anybody is told, so that a listener may read or keep it. */
  #handOver(id: string, tell: () => void): void {
    if (id !== '') this.#lastEventId = id;
    tell();
  }

  #garbled(event: string, report: LinkReport, connection: SseConnection): void {
    connection.close();
    const error = notRtd(this.#peer.baseUrl, `its event "${event}" does not fit`);
    report.ended(this.#known({ kind: 'refused', error }));
  }

  #up(kind: 'live' | 'polling', report: LinkReport): void {
    this.#everUp = true;
    report.up(kind);
  }

  #known(ending: LinkEnding): LinkEnding {
    return this.#everUp ? endingOfKnown(ending) : ending;
  }

  /** A stream that could not be had, or is held back: plain HTTP is asked, which says why, or does instead. */
  async #diagnose(ending: SseEnding, signal: AbortSignal): Promise<LinkEnding> {
    if (ending.kind === 'lost') return ending;
    const full = ending.kind === 'refused' && ending.error.retryable && !(ending.error instanceof UnreachableError);
    if (ending.kind === 'refused' && !full) return endingOf(ending.error);
    if (this.#options.transport !== 'sse') {
      try {
        await this.api.pollTicks({ after: this.#lastEventId, waitSeconds: 0 }, signal);
        this.#pollsFirst = true;
        return { kind: 'again' };
      } catch (thrown) {
        signal.throwIfAborted();
        if (ending.kind === 'held-back') return endingOf(thrown);
      }
    }
    if (ending.kind === 'refused') return endingOf(ending.error);
    const why = `${this.#peer.baseUrl} sends no prices: something between may be holding the stream back.`;
    return { kind: 'lost', why };
  }

  #openPolling(report: LinkReport): LinkAttempt {
    const abort = new AbortController();
    this.#poll(report, abort.signal).catch((thrown: unknown) => {
      if (!abort.signal.aborted) report.ended(this.#known(endingOf(thrown)));
    });
    const stopTrying = this.#options.transport === 'poll' ? () => {} : this.#tryBetter(report);
    return {
      close: () => {
        stopTrying();
        abort.abort(new Error('the attempt was given up'));
      },
    };
  }

  async #poll(report: LinkReport, signal: AbortSignal): Promise<void> {
    const idle = new Backoff(this.#random);
    // The first answer shall come at once: it says whether there is a link.
    for (let waitSeconds = 0; !signal.aborted; waitSeconds = WAIT_SECONDS) {
      const after = this.#lastEventId;
      const askedAt = this.#clock.now();
      const page = await this.api.pollTicks({ after, waitSeconds }, signal);
      signal.throwIfAborted();
      this.#up('polling', report);
      this.#takePage(page, after === undefined, signal);
      if (page.ticks.length > 0) idle.reset();
      const { conflateMillis = 0 } = this.#options;
      const unheld = page.ticks.length === 0 && waitSeconds > 0 && this.#clock.now() - askedAt < HELD_MILLIS;
      const waitMillis = unheld ? idle.next() : conflateMillis;
      if (waitMillis > 0) await pause(this.#clock, waitMillis, signal);
    }
  }

  /** Without a place the server answers with the newest tick a symbol: a snapshot. */
  #takePage({ ticks, id }: MarketPoll, isSnapshot: boolean, signal: AbortSignal): void {
    const wanted = ticks.filter(({ symbol }) => this.#symbols?.has(symbol) ?? true);
    this.#lastEventId = id;
    if (isSnapshot) {
      this.#emitter.emit('snapshot', wanted);
      return;
    }
    for (const tick of (this.#options.conflateMillis ?? 0) > 0 ? newestOfEach(wanted) : wanted) {
      // A listener that ended it has the place of the whole page: what is left of it still counts as handed over.
      this.#emitter.emit('tick', tick);
    }
    signal.throwIfAborted();
  }

  /** Opens a stream now and then just to see whether one can be had; if so, the next attempt begins with it. */
  #tryBetter(report: LinkReport): () => void {
    const wait = new Backoff(this.#random);
    wait.startFrom(FIRST_BETTER_TRY_MILLIS);
    let timer: Timer;
    let trial: SseConnection | undefined;
    const schedule = (): void => {
      timer = this.#clock.after(wait.next(), () => {
        trial = this.#connect({
          onEvent: ({ event }) => {
            if (event !== 'connected') return;
            trial?.close();
            this.#pollsFirst = false;
            report.ended({ kind: 'again' });
          },
          onEnded: schedule,
        });
      });
    };
    schedule();
    return () => {
      timer.cancel();
      trial?.close();
    };
  }
}

function newestOfEach(ticks: readonly Tick[]): Iterable<Tick> {
  return new Map(ticks.map((tick) => [tick.symbol, tick])).values();
}
