/**
 * Keeps one link up: tries, waits with backoff, tries again, and says where it stands. It promises that at most one
 * attempt is alive at a time, and that an attempt that was given up is never heard of again.
 */
import { Backoff } from './backoff.ts';
import type { Clock, Timer } from './clock.ts';
import type { LinkEnding } from './link-ending.ts';
import type { LinkState } from './link-state.ts';

/** An open or opening link. After `close` it reports nothing. */
export interface LinkAttempt {
  close(): void;
}

/** What an attempt reports; after `ended` it is dead. */
export interface LinkReport {
  up(kind: 'live' | 'polling'): void;
  ended(ending: LinkEnding): void;
}

export interface LinkKeeperOptions {
  readonly clock: Clock;
  readonly random: () => number;
  open(report: LinkReport): LinkAttempt;
  onState(state: LinkState): void;
}

/** A link that held this long was no flapping one: the next wait is a short one again. */
const STEADY_MILLIS = 5_000;

export class LinkKeeper {
  readonly #options: LinkKeeperOptions;
  readonly #backoff: Backoff;
  #state: LinkState = { kind: 'offline' };
  #attempt: LinkAttempt | undefined;
  /** The report of the attempt that counts. */
  #current: LinkReport | undefined;
  #timer: Timer | undefined;
  #upSince: number | undefined;
  #closed = false;

  constructor(options: LinkKeeperOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.random);
  }

  get state(): LinkState {
    return this.#state;
  }

  /** The server asks for another first wait. */
  waitFrom(millis: number): void {
    this.#backoff.startFrom(millis);
  }

  /** Gives up whatever there is, and tries now. */
  connect(): void {
    if (this.#closed) return;
    this.#drop();
    this.#open();
  }

  /** Tries now where nothing is up or on its way. */
  connectNow(): void {
    this.#backoff.reset();
    if (this.#attempt === undefined) this.connect();
  }

  /** Gives up whatever there is, and stays off. */
  goOffline(): void {
    this.#drop();
    this.#setState({ kind: 'offline' });
  }

  /** As `goOffline`, for good. */
  close(): void {
    this.#closed = true;
    this.goOffline();
  }

  #open(): void {
    const report: LinkReport = {
      up: (kind) => {
        if (this.#current !== report) return;
        this.#upSince ??= this.#options.clock.now();
        this.#setState({ kind });
      },
      ended: (ending) => {
        if (this.#current === report) this.#takeEnding(ending);
      },
    };
    this.#current = report;
    this.#setState({ kind: 'connecting' });
    // A listener of the state may have ended it all.
    if (this.#current !== report) return;
    const attempt = this.#options.open(report);
    if (this.#current === report) this.#attempt = attempt;
    else attempt.close();
  }

  #takeEnding(ending: LinkEnding): void {
    const { clock } = this.#options;
    if (this.#upSince !== undefined && clock.now() - this.#upSince >= STEADY_MILLIS) this.#backoff.reset();
    this.#drop();
    switch (ending.kind) {
      case 'again':
        this.#open();
        return;
      case 'refused':
        this.#setState({ kind: 'refused', error: ending.error });
        return;
      case 'lost': {
        const retryInMillis = Math.max(this.#backoff.next(), ending.retryAfterMillis ?? 0);
        this.#timer = clock.after(retryInMillis, () => this.connect());
        this.#setState({ kind: 'waiting', retryAt: clock.now() + retryInMillis, retryInMillis, why: ending.why });
      }
    }
  }

  #drop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#upSince = undefined;
    this.#current = undefined;
    const attempt = this.#attempt;
    this.#attempt = undefined;
    attempt?.close();
  }

  #setState(state: LinkState): void {
    const same = state.kind === this.#state.kind && state.kind !== 'waiting' && state.kind !== 'refused';
    if (same) return;
    this.#state = state;
    this.#options.onState(state);
  }
}
