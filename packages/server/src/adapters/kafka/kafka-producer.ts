/**
 * Appends to one topic, in order, each record once.
 *
 * What arrives while a request is under way goes into the next one, as a whole. After a failure the producer is thrown
 * away and the next append begins with a new one: an idempotent producer that is unsure of its last sequence number
 * would have all that follows refused.
 */
import './request-queue-patch.ts';
import { Kafka, logLevel, type Message, Partitioners, type Producer } from 'kafkajs';
import type { Log } from '../../telemetry/log.ts';
import type { KafkaAddress } from './kafka-log-reader.ts';
import { logInto } from './kafkajs-log.ts';

interface Waiting {
  readonly messages: readonly Message[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Records in one request; more go into the next. */
const REQUEST_RECORDS = 10_000;

export class KafkaProducer {
  readonly #kafka: Kafka;
  readonly #topic: string;
  readonly #waiting: Waiting[] = [];
  #producer: Promise<Producer> | undefined;
  #running: Promise<void> | undefined;
  #closed = false;

  constructor({ brokers, clientId, topic }: KafkaAddress, log: Log) {
    this.#topic = topic;
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

  /** Makes the topic with `partitions` partitions where there is none. */
  async ensureTopic(partitions: number): Promise<void> {
    const admin = this.#kafka.admin();
    await admin.connect();
    try {
      const known = await admin.listTopics();
      if (known.includes(this.#topic)) return;
      await admin.createTopics({ topics: [{ topic: this.#topic, numPartitions: partitions }], waitForLeaders: true });
    } finally {
      await admin.disconnect();
    }
  }

  /** Resolves when all in-sync brokers have them; rejects with what kafkajs throws. */
  append(messages: readonly Message[]): Promise<void> {
    if (this.#closed) return Promise.reject(new Error('the producer is closed'));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ messages, resolve, reject });
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
        await producer.send({
          topic: this.#topic,
          acks: -1,
          messages: batch.flatMap(({ messages }) => messages),
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

  async #forget(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    // It may have failed while it connected, or lost its connection: either way it is given up.
    await producer?.then((made) => made.disconnect()).catch(() => {});
  }
}
