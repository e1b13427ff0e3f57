/** The four questions about Kafka. The first, the second and the last share one look at it. */
import type { KafkaProbe } from '@rtd/server';
import { type Check, type Finding, fail, pass, skip, warn } from '../check.ts';
import { type Surroundings, TICK_TOPIC } from '../surroundings.ts';
import { type BackendWords, backendFailure } from './backend-failure.ts';

const EMBEDDED = 'No RTD_KAFKA_BROKERS: ticks are kept in SQLite, in the data folder.';
const PARTITIONS = 3;
const OUR_GROUPS = 'ws-server-group-';

function wordsFor(brokers: readonly string[], asked: string): BackendWords {
  return {
    title: 'Kafka',
    place: brokers.join(', '),
    setting: 'RTD_KAFKA_BROKERS',
    service: 'kafka',
    without:
      'Without it prices stand still. A broker that ends at its start often finds a volume of another cluster (a stale one): its log says "Invalid cluster.id".',
    asked,
  };
}

async function look(
  { config, kafka: ask }: Surroundings,
  asked: string,
  judge: (probe: KafkaProbe) => Finding,
): Promise<Finding> {
  const brokers = config?.kafkaBrokers;
  if (brokers === undefined) return skip(EMBEDDED);
  try {
    return judge(await ask(brokers));
  } catch (error) {
    return backendFailure(error, wordsFor(brokers, asked));
  }
}

export const kafka: Check = {
  id: 'kafka',
  stretch: 'backends',
  title: 'Kafka answers',
  run: (surroundings) => {
    const asked = `describe the cluster at ${(surroundings.config?.kafkaBrokers ?? []).join(', ')}`;
    return look(surroundings, asked, ({ clusterId, brokers }) =>
      pass({ asked, answered: `cluster ${clusterId}, brokers ${brokers.join(', ')}` }, 'A broker is reachable.'),
    );
  },
};

export const kafkaTopic: Check = {
  id: 'kafka-topic',
  stretch: 'backends',
  title: 'the topic of ticks',
  needs: ['kafka'],
  run: (surroundings) => {
    const asked = `partitions of ${TICK_TOPIC}`;
    return look(surroundings, asked, ({ partitions }) => {
      if (partitions === undefined) {
        return warn(
          { asked, answered: 'no such topic' },
          'A server makes it when it starts. Under a server that runs, prices stand still.',
          'rtd serve',
        );
      }
      const leaderless = partitions.filter(({ hasLeader }) => !hasLeader).map(({ partition }) => partition);
      const evidence = {
        asked,
        answered: `${partitions.length} partitions, ${leaderless.length === 0 ? 'each with a leader' : `${leaderless.join(', ')} without a leader`}`,
      };
      if (leaderless.length > 0) {
        return fail(
          evidence,
          'Nobody keeps some partitions: a broker is down, or the volumes are of another cluster (stale).',
          'docker compose logs kafka\ndocker compose down --volumes   # throws away what Kafka has',
        );
      }
      if (partitions.length !== PARTITIONS) {
        return warn(
          evidence,
          `${PARTITIONS} are usual. Servers read all there are, but each must be restarted after the number has changed.`,
          `kafka-topics.sh --alter --topic ${TICK_TOPIC} --partitions ${PARTITIONS} --bootstrap-server ...`,
        );
      }
      return pass(evidence, 'Every server reads all of them.');
    });
  },
};

export const kafkaRoundTripCheck: Check = {
  id: 'kafka-round-trip',
  stretch: 'backends',
  title: 'a record comes back',
  needs: ['kafka'],
  run: async ({ config, timeoutMillis, newName }) => {
    const brokers = config?.kafkaBrokers;
    if (brokers === undefined) return skip(EMBEDDED);
    const topic = `rtd-doctor-${newName()}`;
    const asked = `make a topic, produce one record with acks=all, fetch it, remove the topic`;
    try {
      const { kafkaRoundTrip } = await import('@rtd/server/probe-kafka');
      const millis = await kafkaRoundTrip(brokers, topic, timeoutMillis);
      return pass({ asked, answered: `back after ${millis.toFixed(0)} ms` }, 'What is produced is read.');
    } catch (error) {
      const finding = backendFailure(error, wordsFor(brokers, asked));
      return {
        ...finding,
        meaning: `The broker answers, and a record does not come back. Often the addresses that it advertises are not reachable from here. ${finding.meaning}`,
        fix: 'grep advertised.listeners server.properties   # must be an address that this machine reaches',
      };
    }
  },
};

export const kafkaGroups: Check = {
  id: 'kafka-groups',
  stretch: 'backends',
  title: 'orphan consumer groups',
  needs: ['kafka'],
  run: (surroundings) => {
    const asked = `groups named ${OUR_GROUPS}*`;
    return look(surroundings, asked, ({ groups }) => {
      const ours = groups.filter(({ id }) => id.startsWith(OUR_GROUPS));
      const orphans = ours.filter(({ members }) => members === 0);
      const evidence = {
        asked,
        answered:
          orphans.length === 0
            ? `${ours.length}, none without a member`
            : `without a member: ${orphans
                .map(({ id }) => id)
                .slice(0, 8)
                .join(', ')}`,
      };
      if (orphans.length === 0) return pass(evidence, 'No server has left anything behind.');
      return warn(
        evidence,
        `${orphans.length} ${orphans.length === 1 ? 'group is' : 'groups are'} of servers that are gone. They only make lists and lag graphs longer.`,
        orphans
          .slice(0, 8)
          .map(({ id }) => `kafka-consumer-groups.sh --bootstrap-server ... --delete --group ${id}`)
          .join('\n'),
      );
    });
  },
};
