/**
 * The tick log in Kafka: topic `stock-prices`, key = symbol, value = the Tick as JSON (contract, section 5).
 *
 * `append` waits for all in-sync replicas (`acks=all`, idempotent). All of an append go into one request to each broker
 * that leads one of the partitions; where several brokers do, and one of them fails in that moment, the caller is told
 * UNAVAILABLE and those of the other brokers stay in the log.
 * Retention is the topic's own. What others write to the topic and is no Tick is skipped, with a warning.
 */
import { type LogPosition, RtdError, Tick } from '@rtd/protocol';
import type { Clock } from '../../clock.ts';
import type { LoggedTick, LogRead, PartitionBounds, TickLog, TickLogTail } from '../../market/tick-log.ts';
import type { Log } from '../../telemetry/log.ts';
import { type FetchedPiece, KafkaLogReader } from './kafka-log-reader.ts';
import { KafkaProducer } from './kafka-producer.ts';
import { isOutOfRange, KafkaTail } from './kafka-tail.ts';
import { whileLeadersMove } from './while-leaders-move.ts';

export interface KafkaTickLogOptions {
  /** `host:port` each. */
  readonly brokers: readonly string[];
  /** How the brokers' own logs name this server. */
  readonly clientId: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Default `stock-prices`. */
  readonly topic?: string | undefined;
}

const PARTITIONS = 3;
/** When to try again to open it. */
const RETRY_MILLIS = 500;
const READ_WAIT_MILLIS = 100;
const WARN_EVERY_MILLIS = 60_000;

/** Makes the topic where there is none. @throws RtdError UNAVAILABLE when no broker answers. */
export async function openKafkaTickLog(options: KafkaTickLogOptions): Promise<TickLog> {
  const { brokers, clientId, clock, log, topic = 'stock-prices' } = options;
  const address = { brokers, clientId, topic };
  const producer = new KafkaProducer(address, log);
  const reader = new KafkaLogReader(address, log);
  try {
    await producer.ensureTopic(topic, { partitions: PARTITIONS });
    const partitions = await whileLeadersMove(() => reader.partitions());
    const newReader = (): KafkaLogReader => new KafkaLogReader(address, log);
    return new KafkaTickLog({ topic, producer, reader, newReader, partitions, clock, log });
  } catch (cause) {
    await Promise.allSettled([producer.close(), reader.close()]);
    const where = brokers.join(', ');
    throw new RtdError(
      'UNAVAILABLE',
      `Kafka does not answer at ${where}: start it, or correct --kafka-brokers (RTD_KAFKA_BROKERS).`,
      { cause, retryAfterMillis: RETRY_MILLIS },
    );
  }
}

function unavailable(cause: unknown): RtdError {
  return new RtdError(
    'UNAVAILABLE',
    'The market log (Kafka) does not answer. It is tried again; prices stand still until then.',
    {
      cause,
    },
  );
}

interface Parts {
  readonly topic: string;
  readonly producer: KafkaProducer;
  readonly reader: KafkaLogReader;
  /** A tail waits in its connection for what comes, so each has one of its own. */
  readonly newReader: () => KafkaLogReader;
  readonly partitions: readonly number[];
  readonly clock: Clock;
  readonly log: Log;
}

class KafkaTickLog implements TickLog {
  readonly #parts: Parts;
  readonly #tails = new Set<KafkaTail>();
  readonly #parse: (piece: FetchedPiece) => LoggedTick[];
  #closed = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#parse = tickParser(parts.clock, parts.log);
  }

  get partitions(): number {
    return this.#parts.partitions.length;
  }

  async append(ticks: readonly Tick[]): Promise<void> {
    if (ticks.length === 0) return;
    await this.#ask(() =>
      this.#parts.producer.append(
        this.#parts.topic,
        ticks.map((tick) => ({ key: tick.symbol, value: JSON.stringify(tick) })),
      ),
    );
  }

  bounds(): Promise<readonly PartitionBounds[]> {
    return this.#read(async () => {
      const { reader, partitions } = this.#parts;
      const earliest = await reader.offsets(partitions, 'earliest');
      const next = await reader.offsets(partitions, 'next');
      return partitions.map((partition) => ({
        earliest: earliest.get(partition) ?? 0,
        next: next.get(partition) ?? 0,
      }));
    });
  }

  read(partition: number, offset: number, limit: number): Promise<LogRead> {
    return this.#read(async () => {
      const { reader } = this.#parts;
      const end = (await reader.offsets([partition], 'next')).get(partition) ?? 0;
      if (offset >= end) return { kind: 'page', ticks: [], next: end };
      const ticks: LoggedTick[] = [];
      let next = offset;
      while (next < end && ticks.length < limit) {
        const piece = await this.#fetchOne(partition, next);
        if (piece === 'gone')
          return { kind: 'gone', earliest: (await reader.offsets([partition], 'earliest')).get(partition) ?? 0 };
        if (piece.next === next) break;
        ticks.push(...this.#parse(piece));
        next = piece.next;
      }
      const rest = ticks[limit];
      return rest === undefined
        ? { kind: 'page', ticks, next }
        : { kind: 'page', ticks: ticks.slice(0, limit), next: rest.offset };
    });
  }

  async tail(from: LogPosition, receive: (ticks: readonly LoggedTick[]) => void): Promise<TickLogTail> {
    if (this.#closed) throw unavailable(undefined);
    const { newReader, partitions, clock, log } = this.#parts;
    const start = new Map(partitions.map((partition) => [partition, (from[partition] ?? -1) + 1]));
    const tail = new KafkaTail(
      newReader(),
      start,
      (piece) => {
        const ticks = this.#parse(piece);
        if (ticks.length > 0) receive(ticks);
      },
      { clock, log },
    );
    this.#tails.add(tail);
    return {
      close: () => {
        this.#tails.delete(tail);
        tail.close();
      },
    };
  }

  lag(): ReadonlyMap<number, number> | undefined {
    const lags = new Map<number, number>();
    for (const { behind } of this.#tails) {
      if (behind === undefined) return undefined;
      for (const [partition, records] of behind) lags.set(partition, Math.max(records, lags.get(partition) ?? 0));
    }
    return lags;
  }

  async check(): Promise<void> {
    await this.bounds();
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const tail of this.#tails) tail.close();
    await Promise.allSettled([this.#parts.producer.close(), this.#parts.reader.close()]);
  }

  #read<Result>(question: () => Promise<Result>): Promise<Result> {
    return this.#ask(() => whileLeadersMove(question));
  }

  async #ask<Result>(question: () => Promise<Result>): Promise<Result> {
    if (this.#closed) throw unavailable(undefined);
    return question().catch((cause: unknown) => {
      throw unavailable(cause);
    });
  }

  async #fetchOne(partition: number, offset: number): Promise<FetchedPiece | 'gone'> {
    const { reader } = this.#parts;
    const [leader] = (await reader.leaders([partition])).keys();
    if (leader === undefined) throw new Error(`partition ${partition} has no leader`);
    try {
      const [piece] = await reader.fetch(leader, new Map([[partition, offset]]), READ_WAIT_MILLIS);
      return piece ?? { partition, records: [], next: offset, end: offset };
    } catch (error) {
      if (isOutOfRange(error)) return 'gone';
      throw error;
    }
  }
}

function tickParser(clock: Clock, log: Log): (piece: FetchedPiece) => LoggedTick[] {
  let warnedAt = Number.NEGATIVE_INFINITY;
  return ({ partition, records }) =>
    records.flatMap(({ offset, value }) => {
      const tick = Tick.safeParse(parseJson(value));
      if (tick.success) return [{ partition, offset, tick: tick.data }];
      if (clock.monotonic() - warnedAt >= WARN_EVERY_MILLIS) {
        warnedAt = clock.monotonic();
        log.warn({ partition, offset }, 'a record of the market topic is no tick: skipped (said once a minute)');
      }
      return [];
    });
}

function parseJson(value: Buffer | null): unknown {
  try {
    return JSON.parse(value?.toString('utf8') ?? '');
  } catch {
    return undefined;
  }
}
