/**
 * The subscription of a client that comes back: first what it missed, page by page as fast as it takes them, then live.
 *
 * All that lay behind its place when it came is delivered in full, however slow the client. What comes meanwhile is too,
 * unless the client is slower than the market by then: it gets the newest tick a symbol, and is live. Never holds more than
 * one page.
 */
import type { LogPosition } from '@rtd/protocol';
import type { Clock, Timer } from '../clock.ts';
import type { Outlet } from '../fan-out/outlet.ts';
import type { Subscriber } from '../fan-out/subscriber.ts';
import type { TopicSubscription } from '../fan-out/topic.ts';
import type { PlacedTick } from './market-room.ts';
import { covers, type RingTick } from './placed-tick.ts';
import type { Replay, ReplayPage } from './replay.ts';
import type { Turnstile } from './turnstile.ts';

/** Ticks a page: some 100 KB. */
const PAGE = 512;
const RETRY_MILLIS = 1_000;
/** Who is not live this long after it has had all that it was owed is slower than the market. */
const CATCH_UP_MILLIS = 5_000;

export interface ReplayRoom {
  readonly clock: Clock;
  readonly turnstile: Turnstile;
  /** Where the room is now. */
  position(): LogPosition;
  /** Resolves when the room has taken more ticks; with false when it is closed. */
  moved(): Promise<boolean>;
  /** Live, and before that the newest a symbol of what lies behind `place`. */
  join(subscriber: Subscriber<PlacedTick>, place: LogPosition): TopicSubscription;
}

export class ReplaySubscription implements TopicSubscription {
  readonly #room: ReplayRoom;
  readonly #replay: Replay;
  readonly #subscriber: Subscriber<PlacedTick>;
  readonly #conflated: boolean;
  /** Where the room was when the client came. */
  readonly #due: LogPosition;
  #owedNothingSince: number | undefined;
  #live: TopicSubscription | undefined;
  #retry: Timer | undefined;
  #ended = false;

  constructor(room: ReplayRoom, replay: Replay, subscriber: Subscriber<PlacedTick>, conflated: boolean) {
    this.#room = room;
    this.#replay = replay;
    this.#subscriber = subscriber;
    this.#conflated = conflated;
    this.#due = [...room.position()];
    void this.#run();
  }

  unsubscribe(): void {
    this.#ended = true;
    this.#live?.unsubscribe();
    this.#retry?.cancel();
  }

  async #run(): Promise<void> {
    const { outlet } = this.#subscriber;
    while (!this.#isOver()) {
      if (!this.#replay.isInRoom) {
        if (!(await this.#room.moved())) return;
        continue;
      }
      if (this.#conflated) {
        this.#goLive();
        return;
      }
      const page = await this.#room.turnstile.pass(() => this.#step());
      if (page === undefined) await this.#pause();
      else if (page.kind === 'gone') {
        this.#goLive();
        return;
      } else if (this.#live !== undefined) return;
      if (outlet.queuedBytes > 0) await drained(outlet);
      if (this.#isTooSlow()) {
        this.#goLive();
        return;
      }
    }
  }

  /** Has had all that it was owed, and a while to catch up with what came meanwhile. */
  #isTooSlow(): boolean {
    if (!covers(this.#replay.cursor, this.#due)) return false;
    const now = this.#room.clock.monotonic();
    this.#owedNothingSince ??= now;
    return now - this.#owedNothingSince >= CATCH_UP_MILLIS;
  }

  #isOver(): boolean {
    return this.#ended || !this.#subscriber.outlet.isOpen;
  }

  /** One page; joins the live ticks in the very turn in which the last one was written. Undefined: the log does not answer. */
  async #step(): Promise<ReplayPage | undefined> {
    if (this.#isOver()) return undefined;
    let page = this.#replay.fromRing(PAGE);
    if (page === undefined) {
      try {
        page = await this.#replay.fromLog(PAGE);
      } catch {
        return undefined;
      }
      if (this.#isOver()) return undefined;
    }
    if (page.kind !== 'gone') {
      this.#write(page.ticks);
      if (page.kind === 'end') this.#goLive();
    }
    return page;
  }

  #goLive(): void {
    if (!this.#isOver()) this.#live = this.#room.join(this.#subscriber, this.#replay.cursor);
  }

  #write(ticks: readonly RingTick[]): void {
    if (ticks.length > 0) this.#subscriber.outlet.write(this.#subscriber.encode(ticks));
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      this.#retry = this.#room.clock.after(this.#ended ? 0 : RETRY_MILLIS, resolve);
    });
  }
}

function drained(outlet: Outlet): Promise<void> {
  return new Promise((resolve) => outlet.onceDrained(resolve));
}
