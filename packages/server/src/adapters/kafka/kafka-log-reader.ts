/**
 * Reads partitions of one topic at any offset, without a consumer group.
 *
 * Why behind kafkajs' public face: its consumer reads only as a member of a group, and each join, rebalance and seek costs
 * seconds, while every server reads every partition from wherever a client resumes. What a group is for, sharing out
 * partitions and keeping offsets, is not wanted here. So this asks the brokers themselves, with kafkajs' own
 * connections, metadata and decoders.
 */
import './request-queue-patch.ts';
import { logLevel } from 'kafkajs';
import Cluster from 'kafkajs/src/cluster/index.js';
import loggers from 'kafkajs/src/loggers/index.js';
import socketFactory from 'kafkajs/src/network/socketFactory.js';
import type { Log } from '../../telemetry/log.ts';
import { logInto } from './kafkajs-log.ts';

export interface KafkaAddress {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly topic: string;
}

export interface KafkaRecord {
  readonly offset: number;
  readonly value: Buffer | null;
}

/** A piece of a partition: records in order, the offset behind all that was looked at, and the partition's end at that moment. */
export interface FetchedPiece {
  readonly partition: number;
  readonly records: readonly KafkaRecord[];
  readonly next: number;
  readonly end: number;
}

const CONNECT_MILLIS = 1_500;
const REQUEST_MILLIS = 5_000;
const METADATA_MILLIS = 60_000;
const PARTITION_BYTES = 1_048_576;
const READ_COMMITTED = 1;

export class KafkaLogReader {
  readonly #cluster: Cluster;
  readonly #topic: string;
  #connected = false;
  /** Leader -> the first fetch from it, which opens the connection for all that follow. */
  readonly #opening = new Map<string, Promise<unknown>>();

  constructor({ brokers, clientId, topic }: KafkaAddress, log: Log) {
    this.#topic = topic;
    this.#cluster = new Cluster({
      logger: loggers.createLogger({ level: logLevel.WARN, logCreator: logInto(log) }),
      socketFactory: socketFactory(),
      brokers,
      clientId,
      connectionTimeout: CONNECT_MILLIS,
      requestTimeout: REQUEST_MILLIS,
      enforceRequestTimeout: true,
      metadataMaxAge: METADATA_MILLIS,
      // Who calls knows better how long to try, and says so to its own caller.
      retry: { retries: 1, initialRetryTime: 100 },
      allowAutoTopicCreation: false,
      maxInFlightRequests: null,
      isolationLevel: READ_COMMITTED,
    });
  }

  /** The partitions of the topic that the brokers know of, in order. Rejects with what kafkajs throws. */
  async partitions(): Promise<readonly number[]> {
    await this.#ready();
    return this.#cluster
      .findTopicPartitionMetadata(this.#topic)
      .map(({ partitionId }) => partitionId)
      .sort((a, b) => a - b);
  }

  /** Partition -> the offset of its earliest record, or the one that its next record gets. */
  async offsets(partitions: readonly number[], which: 'earliest' | 'next'): Promise<ReadonlyMap<number, number>> {
    await this.#ready();
    const answers = await this.#orForget(
      this.#cluster.fetchTopicsOffset([
        {
          topic: this.#topic,
          partitions: partitions.map((partition) => ({ partition })),
          fromBeginning: which === 'earliest',
        },
      ]),
    );
    return new Map(answers.flatMap((answer) => answer.partitions).map((each) => [each.partition, Number(each.offset)]));
  }

  /** Which broker leads which of `partitions`. */
  async leaders(partitions: readonly number[]): Promise<ReadonlyMap<string, readonly number[]>> {
    await this.#ready();
    return new Map(Object.entries(this.#cluster.findLeaderForPartitions(this.#topic, partitions)));
  }

  /**
   * What the broker `leader` has from the given offsets on; waits up to `waitMillis` for the first record. Rejects with
   * what kafkajs throws; its `type` is `OFFSET_OUT_OF_RANGE` where an offset is no longer, or not yet, there.
   */
  async fetch(leader: string, from: ReadonlyMap<number, number>, waitMillis: number): Promise<readonly FetchedPiece[]> {
    await this.#ready();
    const partitions = [...from].map(([partition, offset]) => ({
      partition,
      fetchOffset: String(offset),
      maxBytes: PARTITION_BYTES,
    }));
    const { responses } = await this.#orForget(
      this.#behindTheFirst(leader, async () => {
        const broker = await this.#cluster.findBroker({ nodeId: leader });
        return broker.fetch({
          isolationLevel: READ_COMMITTED,
          maxWaitTime: waitMillis,
          minBytes: 1,
          maxBytes: PARTITION_BYTES * partitions.length,
          topics: [{ topic: this.#topic, partitions }],
        });
      }),
    );
    return responses
      .flatMap((response) => response.partitions)
      .map(({ partition, highWatermark, messages }) => {
        const start = from.get(partition) ?? 0;
        // Batches come whole: the first may begin before what was asked for.
        const later = messages.filter((message) => Number(message.offset) >= start);
        const last = later.at(-1);
        return {
          partition,
          records: later
            .filter((message) => message.isControlRecord !== true)
            .map(({ offset, value }) => ({ offset: Number(offset), value })),
          next: last === undefined ? start : Number(last.offset) + 1,
          end: Number(highWatermark),
        };
      });
  }

  async close(): Promise<void> {
    await this.#cluster.disconnect();
  }

  async #ready(): Promise<void> {
    if (this.#connected) return this.#cluster.refreshMetadataIfNecessary();
    await this.#cluster.connect();
    await this.#cluster.addTargetTopic(this.#topic);
    await this.#cluster.refreshMetadata();
    this.#connected = true;
  }

  /** Of several at once kafkajs would open a connection each, keep the last one and never close the others. */
  #behindTheFirst<Answer>(leader: string, ask: () => Promise<Answer>): Promise<Answer> {
    const first = this.#opening.get(leader);
    const asked = first === undefined ? ask() : first.then(ask);
    if (first === undefined) this.#opening.set(leader, asked);
    return asked;
  }

  /** After a failure leaders may be others, so they are asked for anew. */
  async #orForget<Result>(result: Promise<Result>): Promise<Result> {
    try {
      return await result;
    } catch (error) {
      this.#connected = false;
      this.#opening.clear();
      throw error;
    }
  }
}
