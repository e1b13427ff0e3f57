/** Plays ticks of the past at their pace: to whoever looks, or into another server's log. */
import type { Tick } from '@rtd/protocol';
import type { Pacer } from './pacer.ts';
import type { TickSender } from './ticks-into.ts';

export interface Playing {
  readonly pacer: Pacer;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Others are passed over, and take no time. */
  readonly wanted: (tick: Tick) => boolean;
  /** Epoch milliseconds: the first tick of a later time ends it. */
  readonly to: number;
  /** A tick is due, or with a sender: in the other log. */
  readonly onPlayed: (tick: Tick) => Promise<void>;
}

/** Each of `ticks` when it is due. */
export async function playTicks(ticks: AsyncIterable<Tick>, playing: Playing): Promise<void> {
  for await (const [tick, time] of upTo(ticks, playing)) {
    await playing.pacer.due(time);
    if (playing.signal.aborted) return;
    await playing.onPlayed(tick);
  }
}

/** Each of `ticks` into the other log when it is due, but those that an earlier replay has sent. @throws RtdError */
export async function sendTicks(sender: TickSender, ticks: AsyncIterable<Tick>, playing: Playing): Promise<void> {
  const { pacer, signal, onPlayed } = playing;
  const flush = async (): Promise<void> => {
    for (const tick of await sender.flush()) await onPlayed(tick);
  };
  for await (const [tick, time] of upTo(ticks, playing)) {
    if (sender.wasSent(tick)) continue;
    const due = pacer.due(time);
    // What is due already leaves before anything is waited for; much of it together.
    if (sender.isFull || pacer.isHeld || pacer.waitMillis > 0) await flush();
    await due;
    if (signal.aborted) return;
    sender.add(tick);
  }
  await flush();
}

async function* upTo(
  ticks: AsyncIterable<Tick>,
  { wanted, to }: Playing,
): AsyncGenerator<readonly [tick: Tick, time: number]> {
  for await (const tick of ticks) {
    const time = Date.parse(tick.timestamp);
    if (time > to) return;
    if (wanted(tick)) yield [tick, time];
  }
}
