/** What Kafka brings. Loaded only where there are brokers. */
export { deleteTicks } from './kafka/delete-ticks.ts';
export { createKafkaMailbox } from './kafka/kafka-server-mailbox.ts';
export { openKafkaTickLog } from './kafka/kafka-tick-log.ts';
