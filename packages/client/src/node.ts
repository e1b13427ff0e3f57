/** What only Node can do: an outbox that survives a restart. */
import type { OutboxStore } from './outbox-store.ts';

/** One JSON file, mode 0600, replaced atomically. The folder is made when it is missing. One process at a time may use a file. */
export function fileOutboxStore(_file: string): OutboxStore {
  throw new Error('not built yet');
}
