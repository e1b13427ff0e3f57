/**
 * The port to the log of ticks: the only truth about prices, and their order.
 *
 * What every adapter promises (`test/market/tick-log.contract.ts` holds it to that):
 * - Partitioned: a tick's partition is a stable function of its symbol, so all ticks of a symbol are in one partition.
 * - Ordered: in a partition offsets only grow, in the order of append, and are never used twice, across restarts too. They
 *   may have holes. Between partitions there is no order.
 * - Kept: a tick stays readable, at its offset, until retention removes it from the old end. No hole ever opens in between.
 * - In full: every tail gets every tick behind its start, once and in order a partition, whoever appended it.
 *
 * What a failure means: a call that rejects with UNAVAILABLE changed nothing (an append whose commit was cut off may
 * turn out to be in the log, then as a whole). A tail never fails: it waits until the log is back and goes on behind the
 * last tick that it handed over, skipping and repeating none.
 */
import type { LogPosition, Tick } from '@rtd/protocol';

/** A tick at its place in the log. */
export interface LoggedTick {
  readonly partition: number;
  readonly offset: number;
  readonly tick: Tick;
}

/** What is readable of a partition: offsets from `earliest` up to, and not including, `next`; none where they are equal. */
export interface PartitionBounds {
  readonly earliest: number;
  /** No tick that is appended later gets a smaller offset. */
  readonly next: number;
}

/**
 * A piece of a partition. `page`: the ticks in order, and where to read on; at the end `next` equals the bound of that
 * name. `gone`: retention has removed ticks at or behind the asked offset.
 */
export type LogRead =
  | { readonly kind: 'page'; readonly ticks: readonly LoggedTick[]; readonly next: number }
  | { readonly kind: 'gone'; readonly earliest: number };

export interface TickLogTail {
  /** Nothing is handed over after this call. Repeating it is harmless. */
  close(): void;
}

export interface TickLog {
  /** How many partitions; a {@link LogPosition} of this log has as many offsets. */
  readonly partitions: number;
  /**
   * Durable (as the adapter's header says) and in order when it resolves; all of them or none. Calls of one caller keep their order.
   * @throws RtdError UNAVAILABLE when the log cannot take them now; nothing was appended.
   */
  append(ticks: readonly Tick[]): Promise<void>;
  /** One entry a partition. @throws RtdError UNAVAILABLE */
  bounds(): Promise<readonly PartitionBounds[]>;
  /**
   * At most `limit` ticks of `partition` from `offset` on, oldest first. `offset` may be up to the bound `next`.
   * @throws RtdError UNAVAILABLE
   */
  read(partition: number, offset: number, limit: number): Promise<LogRead>;
  /**
   * Hands over everything behind `from`, first what is there, then what comes, until closed. `receive` must not throw.
   * Where retention has removed ticks behind `from`, it begins at the earliest one kept.
   * Resolves when it has begun; what was appended before the call may still be on its way then.
   */
  tail(from: LogPosition, receive: (ticks: readonly LoggedTick[]) => void): Promise<TickLogTail>;
  /**
   * For metrics: partition -> ticks that the log has and the slowest tail has not been given; undefined while that is not
   * known. Left out where tails are given everything at once.
   */
  lag?(): ReadonlyMap<number, number> | undefined;
  /** For `/readyz`: resolves when the log answers. @throws RtdError UNAVAILABLE, saying why. */
  check(): Promise<void>;
  /** Finishes what was begun, ends every tail, gives everything back. Calls after it reject with UNAVAILABLE. */
  close(): Promise<void>;
}
