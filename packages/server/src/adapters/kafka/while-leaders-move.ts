/**
 * A new topic, and one whose leaders move, is not known to every broker at once: for a moment they refuse ("not the leader",
 * "unknown topic") what they will answer right after.
 */
import { setTimeout as pause } from 'node:timers/promises';

const ATTEMPTS = 40;
const PAUSE_MILLIS = 100;

/** Repeats a question while brokers refuse it so. It must be harmless to repeat. Every other failure is passed on at once. */
export async function whileLeadersMove<Result>(question: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await question();
    } catch (error) {
      if (attempt >= ATTEMPTS || !isMoving(error)) throw error;
      await pause(PAUSE_MILLIS);
    }
  }
}

/** A connection that fails is retriable too, for kafkajs; but a broker that is away is said at once. */
function isMoving(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  switch (error.name) {
    case 'KafkaJSProtocolError':
      return 'retriable' in error && error.retriable === true;
    case 'KafkaJSNumberOfRetriesExceeded':
      return isMoving(error.cause);
    case 'KafkaJSDeleteTopicRecordsError':
      return 'partitions' in error && Array.isArray(error.partitions) && error.partitions.every(hasNoLeaderYet);
    default:
      return false;
  }
}

/** One partition's part of a refusal to delete records. */
function hasNoLeaderYet(refusal: unknown): boolean {
  if (typeof refusal !== 'object' || refusal === null || !('error' in refusal)) return false;
  const { error } = refusal;
  return isMoving(error) || (error instanceof Error && error.name === 'KafkaJSBrokerNotFound');
}
