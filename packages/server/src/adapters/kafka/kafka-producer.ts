/**
 * Appends to topics, in order, each record once.
 *
 * What arrives while a request is under way goes into the next one, as a whole. After a failure the producer is thrown
 * away and the next append begins with a new one: an idempotent producer that is unsure of its last sequence number
 * would have all that follows refused.
 */
import './request-queue-patch.ts';
import { type Admin, Kafka, logLevel, type Message, Partitioners, type Producer } from 'kafkajs';
import type { Log } from '../../telemetry/log.ts';
import type { KafkaAddress } from './kafka-log-reader.ts';
import { logInto } from './kafkajs-log.ts';

interface Waiting {
  readonly topic: string;
  readonly messages: readonly Message[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Records in one request; more go into the next. */
const REQUEST_RECORDS = 10_000;

export class KafkaProducer {
  readonly #kafka: Kafka;
  readonly #waiting: Waiting[] = [];
  #producer: Promise<Producer> | undefined;
  #running: Promise<void> | undefined;
  #closed = false;

  constructor({ brokers, clientId }: Omit<KafkaAddress, 'topic'>, log: Log) {
    this.#kafka = new Kafka({
      brokers: [...brokers],
      clientId,
      connectionTimeout: 1_500,
      requestTimeout: 5_000,
      retry: { retries: 2, initialRetryTime: 100, maxRetryTime: 1_000 },
      logLevel: logLevel.WARN,
      logCreator: logInto(log),
    });
  }

  /** Resolves when a broker answers; rejects with what kafkajs throws. */
  async check(): Promise<void> {
    await this.#withAdmin((admin) => admin.describeCluster());
  }

  /** Makes the topic where there is none; one that is there stays as it is. */
  async ensureTopic(topic: string, made: { partitions: number; retentionMillis?: number }): Promise<void> {
    await this.#withAdmin(async (admin) => {
      const known = await admin.listTopics();
      if (known.includes(topic)) return;
      const { partitions: numPartitions, retentionMillis } = made;
      const configEntries =
        retentionMillis === undefined ? [] : [{ name: 'retention.ms', value: String(retentionMillis) }];
      await admin.createTopics({ topics: [{ topic, numPartitions, configEntries }], waitForLeaders: false });
    });
  }

  /** Resolves when all in-sync brokers have them; rejects with what kafkajs throws. */
  append(topic: string, messages: readonly Message[]): Promise<void> {
    if (this.#closed) return Promise.reject(new Error('the producer is closed'));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ topic, messages, resolve, reject });
      this.#running ??= this.#sendAll().finally(() => {
        this.#running = undefined;
      });
    });
  }

  /** Sends what waits, then disconnects. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
    await this.#forget();
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#nextBatch();
      try {
        const producer = await this.#connected();
        const topics = Map.groupBy(batch, ({ topic }) => topic);
        await producer.sendBatch({
          acks: -1,
          topicMessages: [...topics].map(([topic, parts]) => ({
            topic,
            messages: parts.flatMap(({ messages }) => messages),
          })),
        });
        for (const { resolve } of batch) resolve();
      } catch (error) {
        await this.#forget();
        for (const { reject } of batch) reject(error);
      }
    }
  }

  #nextBatch(): Waiting[] {
    let records = 0;
    let count = 0;
    for (const { messages } of this.#waiting) {
      if (count > 0 && records + messages.length > REQUEST_RECORDS) break;
      records += messages.length;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  #connected(): Promise<Producer> {
    this.#producer ??= this.#connect();
    return this.#producer;
  }

  async #connect(): Promise<Producer> {
    const producer = this.#kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
    });
    await producer.connect();
    return producer;
  }

  async #withAdmin(work: (admin: Admin) => Promise<unknown>): Promise<void> {
    const admin = this.#kafka.admin();
    try {
      await admin.connect();
      await work(admin);
    } finally {
      await admin.disconnect();
    }
  }

  async #forget(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    // It may have failed while it connected, or lost its connection: either way it is given up.
    await producer?.then((made) => made.disconnect()).catch(() => {});
  }
}
