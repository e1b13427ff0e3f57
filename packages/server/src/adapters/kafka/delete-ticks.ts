/** Removes every tick from the topic. The topic stays, and its offsets go on: no offset is ever used twice. */
import './request-queue-patch.ts';
import { Kafka, logLevel } from 'kafkajs';
import type { Log } from '../../telemetry/log.ts';
import { logInto } from './kafkajs-log.ts';
import { whileLeadersMove } from './while-leaders-move.ts';

/** Also where the topic has been made a moment ago. Rejects with what kafkajs throws. */
export async function deleteTicks(brokers: readonly string[], log: Log, topic = 'stock-prices'): Promise<void> {
  const kafka = new Kafka({
    brokers: [...brokers],
    clientId: 'rtd-seed',
    retry: { retries: 2 },
    logLevel: logLevel.WARN,
    logCreator: logInto(log),
  });
  // A client anew for each attempt: an old one keeps what it knew of the leaders.
  await whileLeadersMove(async () => {
    const admin = kafka.admin();
    try {
      await admin.connect();
      const ends = await admin.fetchTopicOffsets(topic);
      const partitions = ends.map(({ partition, high }) => ({ partition, offset: high }));
      await admin.deleteTopicRecords({ topic, partitions });
    } finally {
      await admin.disconnect();
    }
  });
}
