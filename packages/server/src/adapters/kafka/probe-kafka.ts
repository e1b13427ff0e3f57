/** Looks at a Kafka: its brokers, a topic of it, its groups; and sends one record through it. For `rtd doctor`. */
import kafkajs, { type Admin, Kafka, logLevel, Partitioners } from 'kafkajs';
import { silentLog } from '../../telemetry/log.ts';
import { ProbeFailure, probeFailureOf, withinMillis } from '../probe-failure.ts';
import { KafkaLogReader } from './kafka-log-reader.ts';

// Not among the names that Node finds in a CommonJS module by looking at its text.
const { KafkaJSConnectionError, KafkaJSNumberOfRetriesExceeded } = kafkajs;

export interface KafkaProbe {
  readonly clusterId: string;
  /** `host:port` as the brokers name themselves: what every client is sent to. */
  readonly brokers: readonly string[];
  readonly topics: readonly string[];
  /** The partitions of the topic that was asked for, with whether each has a leader; undefined where there is no such topic. */
  readonly partitions: readonly { readonly partition: number; readonly hasLeader: boolean }[] | undefined;
  readonly groups: readonly { readonly id: string; readonly state: string; readonly members: number }[];
}

const RETENTION_MILLIS = '60000';
const FETCH_WAIT_MILLIS = 250;

/** @throws ProbeFailure */
export async function probeKafka(
  brokers: readonly string[],
  topic: string,
  timeoutMillis: number,
): Promise<KafkaProbe> {
  return await withAdmin(brokers, timeoutMillis, async (admin) => {
    const cluster = await admin.describeCluster();
    const topics = await admin.listTopics();
    const metadata = topics.includes(topic) ? await admin.fetchTopicMetadata({ topics: [topic] }) : undefined;
    const ids = (await admin.listGroups()).groups.map(({ groupId }) => groupId);
    const groups = ids.length === 0 ? [] : (await admin.describeGroups(ids)).groups;
    return {
      clusterId: cluster.clusterId,
      brokers: cluster.brokers.map(({ host, port }) => `${host}:${port}`),
      topics,
      partitions: metadata?.topics[0]?.partitions
        .map(({ partitionId, leader }) => ({ partition: partitionId, hasLeader: leader >= 0 }))
        .sort((a, b) => a.partition - b.partition),
      groups: groups.map(({ groupId, state, members }) => ({ id: groupId, state, members: members.length })),
    };
  });
}

/** Makes the topic, writes one record into it, reads it again and removes the topic; millis from writing to reading. @throws ProbeFailure */
export async function kafkaRoundTrip(
  brokers: readonly string[],
  topic: string,
  timeoutMillis: number,
): Promise<number> {
  return await withAdmin(brokers, timeoutMillis, async (admin, kafka) => {
    await admin.createTopics({
      topics: [{ topic, numPartitions: 1, configEntries: [{ name: 'retention.ms', value: RETENTION_MILLIS }] }],
      waitForLeaders: true,
    });
    const producer = kafka.producer({
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
    });
    const reader = new KafkaLogReader({ brokers, clientId: 'rtd-doctor', topic }, silentLog());
    try {
      await producer.connect();
      const begun = performance.now();
      await producer.send({ topic, acks: -1, messages: [{ value: topic }] });
      await untilRead(reader, topic, begun + timeoutMillis);
      return performance.now() - begun;
    } finally {
      await Promise.allSettled([producer.disconnect(), reader.close(), admin.deleteTopics({ topics: [topic] })]);
    }
  });
}

async function untilRead(reader: KafkaLogReader, value: string, deadline: number): Promise<void> {
  const [leader] = (await reader.leaders([0])).keys();
  if (leader === undefined) throw new ProbeFailure('failed', 'LEADER_NOT_AVAILABLE');
  while (performance.now() < deadline) {
    const [piece] = await reader.fetch(leader, new Map([[0, 0]]), FETCH_WAIT_MILLIS);
    if (piece?.records.some((record) => record.value?.toString('utf8') === value) === true) return;
  }
  throw new ProbeFailure('silent', 'the record did not come back');
}

async function withAdmin<Result>(
  brokers: readonly string[],
  timeoutMillis: number,
  work: (admin: Admin, kafka: Kafka) => Promise<Result>,
): Promise<Result> {
  const kafka = new Kafka({
    brokers: [...brokers],
    clientId: 'rtd-doctor',
    connectionTimeout: Math.min(timeoutMillis, 3_000),
    requestTimeout: timeoutMillis,
    retry: { retries: 1, initialRetryTime: 100, maxRetryTime: 500 },
    logLevel: logLevel.NOTHING,
  });
  const admin = kafka.admin();
  const ask = async (): Promise<Result> => {
    await admin.connect();
    return await work(admin, kafka);
  };
  try {
    return await withinMillis(timeoutMillis, ask());
  } catch (error) {
    throw failureOf(error);
  } finally {
    await admin.disconnect().catch(() => {});
  }
}

function failureOf(error: unknown): ProbeFailure {
  const inner = error instanceof KafkaJSNumberOfRetriesExceeded && error.cause !== undefined ? error.cause : error;
  if (inner instanceof KafkaJSConnectionError) return new ProbeFailure('unreachable', codeIn(inner), { cause: error });
  if (inner instanceof Error && 'type' in inner && typeof inner.type === 'string') {
    return new ProbeFailure('failed', inner.type, { cause: error });
  }
  return probeFailureOf(inner);
}

function codeIn(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : 'CONNECTION';
}
