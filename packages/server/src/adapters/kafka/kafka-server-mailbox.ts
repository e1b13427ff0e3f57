/**
 * Mailboxes in Kafka: a topic a server, `messages-{SERVER_ID}` (contract, section 5), of which nothing is kept for long,
 * since a letter is a hint. A server reads its own from the end: what came while it was away the store has anyway.
 */
import { RtdError, type ServerId } from '@rtd/protocol';
import { Letter } from '../../chat/hints.ts';
import type { ServerMailbox } from '../../chat/server-mailbox.ts';
import type { Clock } from '../../clock.ts';
import type { Log } from '../../telemetry/log.ts';
import { KafkaLogReader } from './kafka-log-reader.ts';
import { KafkaProducer } from './kafka-producer.ts';
import { KafkaTail } from './kafka-tail.ts';
import { whileLeadersMove } from './while-leaders-move.ts';

/** Letters that wait for Kafka; more are dropped, and found by the sweep. */
const MAX_WAITING = 10_000;
const RETENTION_MILLIS = 60_000;
const RETRY_MILLIS = 2_000;

export interface KafkaMailboxOptions {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly clock: Clock;
  readonly log: Log;
}

const topicOf = (server: ServerId): string => `messages-${topicName(server)}`;

/** A topic's name takes only these; a server's id has more letters than that. */
function topicName(server: ServerId): string {
  return server.replaceAll(/[^a-zA-Z0-9._-]/g, (character) => `_${character.codePointAt(0)?.toString(16) ?? ''}`);
}

export function createKafkaMailbox({ brokers, clientId, clock, log }: KafkaMailboxOptions): ServerMailbox {
  const producer = new KafkaProducer({ brokers, clientId }, log);
  const closings = new Set<() => Promise<void>>();
  let waiting = 0;
  let closed = false;

  /** Where the mailbox of `server` ends, once Kafka answers; undefined when it was closed meanwhile. */
  async function endOf(
    reader: KafkaLogReader,
    topic: string,
    isOpen: () => boolean,
  ): Promise<ReadonlyMap<number, number> | undefined> {
    while (isOpen()) {
      try {
        await producer.ensureTopic(topic, { partitions: 1, retentionMillis: RETENTION_MILLIS });
        return await whileLeadersMove(() => reader.offsets([0], 'next'));
      } catch {
        await new Promise<void>((resolve) => clock.after(RETRY_MILLIS, resolve));
      }
    }
    return undefined;
  }

  return {
    post(to, letter) {
      if (closed || waiting >= MAX_WAITING) return;
      waiting += 1;
      const answered = (): void => {
        waiting -= 1;
      };
      producer.append(topicOf(to), [{ value: JSON.stringify(letter) }]).then(answered, answered);
    },
    async open(server, owner) {
      const topic = topicOf(server);
      const reader = new KafkaLogReader({ brokers, clientId, topic }, log);
      let open = !closed;
      let tail: KafkaTail | undefined;
      const end = async (): Promise<void> => {
        open = false;
        closings.delete(end);
        tail?.close();
        if (tail === undefined) await reader.close().catch(() => {});
      };
      closings.add(end);
      const begun = endOf(reader, topic, () => open).then((from) => {
        if (from === undefined || !open) return;
        tail = new KafkaTail(
          reader,
          new Map(from),
          ({ records }) => {
            for (const { value } of records) {
              const letter = Letter.safeParse(parseJson(value));
              if (letter.success) owner.letter(letter.data);
            }
          },
          { clock, log, recovered: () => owner.recovered() },
        );
      });
      // Kafka may be away for long: then the letters begin when it is back.
      await Promise.race([begun, new Promise<void>((resolve) => clock.after(RETRY_MILLIS, resolve))]);
      return () => void end();
    },
    async check() {
      await producer.check().catch((cause: unknown) => {
        throw new RtdError('UNAVAILABLE', 'Kafka does not answer: direct messages come a little later.', { cause });
      });
    },
    async close() {
      closed = true;
      await Promise.all([...closings].map((end) => end()));
      await producer.close();
    },
  };
}

function parseJson(value: Buffer | null): unknown {
  try {
    return JSON.parse(value?.toString('utf8') ?? '');
  } catch {
    return undefined;
  }
}
