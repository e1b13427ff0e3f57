/**
 * Sends ticks of the past into another server: in order, each once, with the times they had. A tick has no id, so the log of
 * the target is read for what is there already: by an earlier replay that was broken off, on any machine, or by a request
 * whose answer was lost. Two ticks are the same when symbol, time, price and volume are.
 */
import { createHttpApi, type HttpApi } from '@rtd/client';
import { type LogPosition, RtdError, type Tick } from '@rtd/protocol';
import { pause } from '../interruption.ts';
import { endOfLog, type TickLogSource, ticksOf } from './tick-log.ts';

/** The most ticks in one request. */
export const BATCH_TICKS = 1_000;
/** Sent ticks that are remembered, to be told from those of a request whose answer was lost. */
const REMEMBERED_TICKS = 50_000;
const LONGEST_WAIT_MILLIS = 30_000;

export class TickSender {
  readonly #target: TickLogSource;
  readonly #api: Pick<HttpApi, 'postTicks'>;
  /** Sent by an earlier replay, and not met yet by this one. */
  readonly #there: Map<string, number>;
  /** How many those were. */
  readonly sentBefore: number;
  /** Where the target's log ended before those that are remembered. */
  #mark: LogPosition;
  #sent = new Map<string, number>();
  #sentSinceMark = 0;
  #batch: Tick[] = [];

  constructor(target: TickLogSource, there: Map<string, number>, mark: LogPosition) {
    this.#target = target;
    this.#api = createHttpApi({ url: target.url, identity: target.identity });
    this.#there = there;
    this.sentBefore = [...there.values()].reduce((all, count) => all + count, 0);
    this.#mark = mark;
  }

  /** True for a tick that an earlier replay has sent; each of those counts once. */
  wasSent(tick: Tick): boolean {
    return take(this.#there, keyOf(tick));
  }

  /** Keeps it for the next `flush`. */
  add(tick: Tick): void {
    this.#batch.push(tick);
  }

  get isFull(): boolean {
    return this.#batch.length >= BATCH_TICKS;
  }

  /**
   * Resolves with what was added, once it is in the target's log; with less when the signal aborts. While the target is
   * away it is tried again. @throws RtdError when the target refuses for good
   */
  async flush(): Promise<readonly Tick[]> {
    const batch = this.#batch;
    const last = batch.at(-1);
    if (last === undefined) return [];
    this.#batch = [];
    const { signal, say } = this.#target;
    for (let wait = 1_000; !signal.aborted; wait = Math.min(wait * 2, LONGEST_WAIT_MILLIS)) {
      try {
        await this.#api.postTicks(batch, signal);
        await this.#remember(batch);
        return batch;
      } catch (error) {
        if (signal.aborted) return [];
        if (!(error instanceof RtdError) || !error.retryable) throw error;
        say(`${error.message} Next try in ${Math.round(wait / 1_000)} s.`);
        await pause(wait, signal);
        if (!signal.aborted && (await this.#arrived(last))) {
          await this.#remember(batch);
          return batch;
        }
      }
    }
    return [];
  }

  /** Whether the batch that ends with `last` is in the log, although nobody has said so: a request is taken as a whole. */
  async #arrived(last: Tick): Promise<boolean> {
    const key = keyOf(last);
    const end = await endOfLog(this.#target);
    let found = 0;
    for (const partition of end.keys()) {
      const behind = this.#mark[partition] ?? -1;
      for await (const tick of ticksOf(this.#target, end, partition, { behind })) if (keyOf(tick) === key) found += 1;
    }
    return found > (this.#sent.get(key) ?? 0);
  }

  async #remember(batch: readonly Tick[]): Promise<void> {
    for (const tick of batch) count(this.#sent, keyOf(tick));
    this.#sentSinceMark += batch.length;
    if (this.#sentSinceMark < REMEMBERED_TICKS) return;
    this.#mark = await endOfLog(this.#target);
    this.#sent = new Map();
    this.#sentSinceMark = 0;
  }
}

/** Looks through the target's log for the ticks that are `wanted`. @throws RtdError */
export async function openTickSender(target: TickLogSource, wanted: (tick: Tick) => boolean): Promise<TickSender> {
  const end = await endOfLog(target);
  const there = new Map<string, number>();
  for (const partition of end.keys()) {
    for await (const tick of ticksOf(target, end, partition, { behind: -1 })) {
      if (wanted(tick)) count(there, keyOf(tick));
    }
  }
  return new TickSender(target, there, end);
}

function keyOf({ symbol, timestamp, price, volume }: Tick): string {
  return `${symbol} ${timestamp} ${price} ${volume}`;
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function take(counts: Map<string, number>, key: string): boolean {
  const left = counts.get(key) ?? 0;
  if (left > 1) counts.set(key, left - 1);
  else counts.delete(key);
  return left > 0;
}
