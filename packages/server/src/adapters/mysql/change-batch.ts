/** The changes that share a transaction. Of each frequent kind all are made by one set of statements. */
import type { RtdError } from '@rtd/protocol';
import type { Appended, CursorMove, NewMessage } from '../../chat/message-store.ts';
import { appendMessages } from './append-messages.ts';
import { type DeliveredMoves, moveDelivered, moveRead, type ReadMove } from './move-cursors.ts';
import type { Transaction } from './mysql-database.ts';
import type { Outcome } from './outcome.ts';

/** A change of a kind that is made for many at once. */
export interface Waiting<Input, Value> {
  readonly input: Input;
  settle(outcome: Outcome<Value>): void;
  fail(error: RtdError): void;
}

/** Any other change: makes it, and returns what to do once it is committed. */
export interface Single {
  make(transaction: Transaction): Promise<() => void>;
  fail(error: RtdError): void;
}

/** Text in one statement: well under `max_allowed_packet` (16 MiB by default), escapes and 4-byte characters included. */
const APPEND_CHARACTERS = 1_000_000;

export class ChangeBatch {
  readonly appends: Waiting<readonly NewMessage[], readonly Appended[]>[] = [];
  readonly reads: Waiting<ReadMove, CursorMove>[] = [];
  readonly delivered: Waiting<DeliveredMoves, readonly CursorMove[]>[] = [];
  readonly singles: Single[] = [];

  get size(): number {
    return this.appends.length + this.reads.length + this.delivered.length + this.singles.length;
  }

  /** Takes the oldest of each kind out, at most `calls` in all. */
  take(calls: number): ChangeBatch {
    const taken = new ChangeBatch();
    taken.appends.push(...this.appends.splice(0, appendsThatFit(this.appends, calls)));
    taken.reads.push(...this.reads.splice(0, calls - taken.size));
    taken.delivered.push(...this.delivered.splice(0, calls - taken.size));
    taken.singles.push(...this.singles.splice(0, calls - taken.size));
    return taken;
  }

  /** Makes all of them; resolves with what to do once they are committed. */
  async make(transaction: Transaction): Promise<() => void> {
    const appended = await appendMessages(
      transaction,
      this.appends.map((waiting) => waiting.input),
    );
    const read = await moveRead(
      transaction,
      this.reads.map((waiting) => waiting.input),
    );
    const delivered = await moveDelivered(
      transaction,
      this.delivered.map((waiting) => waiting.input),
    );
    const singles: (() => void)[] = [];
    for (const single of this.singles) singles.push(await single.make(transaction));
    return () => {
      settleAll(this.appends, appended);
      settleAll(this.reads, read);
      settleAll(this.delivered, delivered);
      for (const settle of singles) settle();
    };
  }

  fail(error: RtdError): void {
    for (const waiting of [...this.appends, ...this.reads, ...this.delivered, ...this.singles]) waiting.fail(error);
  }
}

function appendsThatFit(appends: readonly Waiting<readonly NewMessage[], unknown>[], calls: number): number {
  let characters = 0;
  let count = 0;
  for (const { input } of appends) {
    characters += input.reduce((sum, message) => sum + message.content.length + 300, 0);
    if (count === calls || (count > 0 && characters > APPEND_CHARACTERS)) break;
    count += 1;
  }
  return count;
}

function settleAll<Value>(waiting: readonly Waiting<unknown, Value>[], outcomes: readonly Outcome<Value>[]): void {
  for (const [index, each] of waiting.entries()) {
    const outcome = outcomes[index];
    if (outcome !== undefined) each.settle(outcome);
  }
}
