/** Follows partitions of a topic from given offsets on, until it is closed, whatever happens to the brokers meanwhile. */
import type { Clock } from '../../clock.ts';
import type { Log } from '../../telemetry/log.ts';
import type { FetchedPiece, KafkaLogReader } from './kafka-log-reader.ts';

const TAIL_WAIT_MILLIS = 500;
const BACKOFF_MILLIS = { least: 200, most: 5_000 };

export class KafkaTail {
  readonly #reader: KafkaLogReader;
  /** Partition -> the offset to ask for next. */
  readonly #next: Map<number, number>;
  readonly #receive: (piece: FetchedPiece) => void;
  readonly #clock: Clock;
  readonly #log: Log;
  /** Told when the brokers are back after they were away. */
  readonly #recovered: (() => void) | undefined;
  /** Partition -> records that were there at the last look and had not been handed over. */
  readonly #behind = new Map<number, number>();
  #closed = false;
  #failures = 0;

  constructor(
    reader: KafkaLogReader,
    next: Map<number, number>,
    receive: (piece: FetchedPiece) => void,
    { clock, log, recovered }: { readonly clock: Clock; readonly log: Log; readonly recovered?: () => void },
  ) {
    this.#reader = reader;
    this.#next = next;
    this.#receive = receive;
    this.#clock = clock;
    this.#log = log;
    this.#recovered = recovered;
    void this.#follow();
  }

  /** Partition -> records that the log has and this tail has not handed over; undefined while no broker answers. */
  get behind(): ReadonlyMap<number, number> | undefined {
    return this.#failures > 0 ? undefined : this.#behind;
  }

  close(): void {
    this.#closed = true;
    void this.#reader.close().catch(() => {});
  }

  async #follow(): Promise<void> {
    while (!this.#closed) {
      try {
        const leaders = await this.#reader.leaders([...this.#next.keys()]);
        await this.#followLeaders(leaders);
      } catch (error) {
        if (this.#closed) return;
        await this.#recover(error);
      }
    }
  }

  /** One request to each leader at a time, until one of them fails: then leaders are asked for anew. */
  async #followLeaders(leaders: ReadonlyMap<string, readonly number[]>): Promise<void> {
    let failure: unknown;
    const follow = async (leader: string, partitions: readonly number[]): Promise<void> => {
      while (!this.#closed && failure === undefined) {
        const from = new Map(partitions.map((partition) => [partition, this.#next.get(partition) ?? 0]));
        try {
          this.#take(await this.#reader.fetch(leader, from, TAIL_WAIT_MILLIS));
        } catch (error) {
          failure ??= error;
        }
      }
    };
    await Promise.all([...leaders].map(([leader, partitions]) => follow(leader, partitions)));
    if (failure !== undefined) throw failure;
  }

  #take(pieces: readonly FetchedPiece[]): void {
    if (this.#closed) return;
    if (this.#failures > 0) {
      this.#failures = 0;
      this.#log.info('Kafka answers again');
      this.#recovered?.();
    }
    for (const piece of pieces) {
      this.#next.set(piece.partition, piece.next);
      this.#behind.set(piece.partition, Math.max(0, piece.end - piece.next));
      this.#receive(piece);
    }
  }

  async #recover(error: unknown): Promise<void> {
    if (isOutOfRange(error) && (await this.#skipToKept())) return;
    this.#failures += 1;
    if (this.#failures === 1) this.#log.warn({ error: String(error) }, 'Kafka does not answer: trying again');
    const wait = Math.min(BACKOFF_MILLIS.least * 2 ** (this.#failures - 1), BACKOFF_MILLIS.most);
    await new Promise<void>((resolve) => this.#clock.after(wait, resolve));
  }

  /** Retention has removed what was asked for: goes on at the earliest kept. True when that helped. */
  async #skipToKept(): Promise<boolean> {
    try {
      const partitions = [...this.#next.keys()];
      const earliest = await this.#reader.offsets(partitions, 'earliest');
      const end = await this.#reader.offsets(partitions, 'next');
      for (const [partition, next] of this.#next) {
        const first = earliest.get(partition) ?? 0;
        // Past the end: the topic was made anew under its old name.
        if (next < first || next > (end.get(partition) ?? next)) this.#next.set(partition, first);
      }
      return true;
    } catch {
      return false;
    }
  }
}

/** The offset that was asked for is no longer, or not yet, there. */
export function isOutOfRange(error: unknown): boolean {
  return error instanceof Error && 'type' in error && error.type === 'OFFSET_OUT_OF_RANGE';
}
