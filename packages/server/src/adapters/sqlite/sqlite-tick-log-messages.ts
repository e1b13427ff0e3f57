/**
 * What the tick log's two threads say to each other. Ticks travel as the JSON text that the file holds: a string crosses
 * threads as one copy, while a hundred thousand objects would be cloned one by one.
 */
import type { PartitionBounds } from '../../market/tick-log.ts';

/** Ticks of one partition, appended together: a row of the file. */
export interface TickBatch {
  readonly partition: number;
  readonly count: number;
  /** A JSON array of `count` ticks. */
  readonly ticks: string;
}

/** The place of a batch in a {@link BatchPage}: its ticks have the offsets from `offset` up to `offset + count`. */
export interface BatchPlace {
  readonly offset: number;
  readonly count: number;
}

/** `ticks` is one JSON array of all the places' ticks, one place behind the other. The first place may begin before the asked offset. */
export type BatchRead =
  | { readonly kind: 'page'; readonly places: readonly BatchPlace[]; readonly ticks: string; readonly next: number }
  | { readonly kind: 'gone'; readonly earliest: number };

/** Why the file failed: SQLite's own result code (`SQLITE_BUSY` is 5; 0 when it was something else) and text. */
export interface FileFailure {
  readonly code: number;
  readonly message: string;
}

export interface WorkerSettings {
  readonly path: string;
  readonly partitions: number;
  readonly maxAgeMillis: number;
  readonly maxTicks: number;
}

/** Every request is answered, in the order of asking. */
export type WorkerRequest =
  | { readonly kind: 'open' }
  | { readonly kind: 'append'; readonly now: number; readonly batches: readonly TickBatch[] }
  | { readonly kind: 'bounds' }
  | { readonly kind: 'check' }
  | { readonly kind: 'read'; readonly partition: number; readonly offset: number; readonly limit: number }
  | { readonly kind: 'retain'; readonly now: number }
  | { readonly kind: 'close' };

export type WorkerAnswer =
  | { readonly kind: 'done' }
  /** The offset of the first tick of each batch, in the order of the request. */
  | { readonly kind: 'appended'; readonly offsets: readonly number[] }
  | { readonly kind: 'bounds'; readonly bounds: readonly PartitionBounds[] }
  | { readonly kind: 'read'; readonly read: BatchRead }
  /** `more`: there is more to remove; ask again. */
  | { readonly kind: 'retained'; readonly removed: number; readonly more: boolean }
  | { readonly kind: 'failed'; readonly failure: FileFailure };
