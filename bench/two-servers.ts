/** How late a message is that was sent to one of two servers, at clients of the other and at clients of the same. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ChatServerProcess } from './chat/chat-server-process.ts';
import { Reader } from './chat/reader.ts';
import { Senders } from './chat/senders.ts';
import { type Benchmark, figureRow, type Pace, type Row } from './harness/benchmark.ts';
import { type Latencies, summary } from './harness/latencies.ts';
import { median } from './harness/rounds.ts';
import { Services } from './harness/services.ts';
import { stamp } from './harness/stamp.ts';

const PER_SECOND = 200;
const SENDERS_EACH = 10;
const READERS_EACH = 5;
const CATCH_UP_MILLIS = 10_000;

/** A server and the people on it. */
interface Side {
  readonly senders: Senders;
  readonly readers: readonly Reader[];
}

async function openSide(name: string, services: Services, opened: AsyncDisposableStack): Promise<Side> {
  const settings = { mysqlUrl: services.mysqlUrl('bench'), redisUrl: services.redisUrl() };
  const port = await opened.use(new ChatServerProcess({ name, kind: 'ours', ...settings })).port();
  const senders = opened.use(await Senders.connect(port, SENDERS_EACH));
  const readers: Reader[] = [];
  for (let person = 0; person < READERS_EACH; person += 1)
    readers.push(opened.use(await Reader.connect(port, `${name}-reader-${person}`)));
  return { senders, readers };
}

async function haveRead(readers: readonly Reader[], count: number): Promise<void> {
  const deadline = performance.now() + CATCH_UP_MILLIS;
  while (readers.some((reader) => reader.count < count) && performance.now() < deadline) await sleep(10);
}

function latenciesOf({ readers }: Side): Latencies {
  return summary(readers.flatMap((reader) => reader.takeLatencies()));
}

async function measure(services: Services, pace: Pace): Promise<Row[]> {
  await using opened = new AsyncDisposableStack();
  const one = await openSide('two-servers-one', services, opened);
  const two = await openSide('two-servers-two', services, opened);
  const readers = [...one.readers, ...two.readers];
  const rounds: { readonly other: Latencies; readonly same: Latencies }[] = [];
  let sent = 0;
  for (let round = 0; round <= pace.rounds; round += 1) {
    const [here, there] = round % 2 === 0 ? [one, two] : [two, one];
    sent += await here.senders.talkEvenly(3 * pace.roundMillis, PER_SECOND, stamp);
    await haveRead(readers, sent);
    rounds.push({ other: latenciesOf(there), same: latenciesOf(here) });
  }
  const counted = rounds.slice(1);
  const faults = readers.map((reader) => reader.faults(sent));
  const total = (name: 'lost' | 'repeated' | 'reordered'): number => faults.reduce((sum, each) => sum + each[name], 0);
  return [
    figureRow('at the other server, p50', 'ms', median(counted.map(({ other }) => other.p50))),
    figureRow('at the other server, p99', 'ms', median(counted.map(({ other }) => other.p99))),
    figureRow('at the same server, p50', 'ms', median(counted.map(({ same }) => same.p50))),
    figureRow('at the same server, p99', 'ms', median(counted.map(({ same }) => same.p99))),
    figureRow('lost', 'deliveries', total('lost'), 0),
    figureRow('repeated', 'deliveries', total('repeated'), 0),
    figureRow('reordered', 'deliveries', total('reordered'), 0),
  ];
}

export const twoServers: Benchmark = {
  title: `Two servers on MariaDB and Redis, ${PER_SECOND} messages a second: from SEND to delivery`,
  naive: 'none: nothing simple does this',
  async run(pace) {
    await using services = new Services();
    const whyNot = await services.start('mysql', 'redis');
    if (whyNot !== undefined) return { rows: [], notes: [`left out: ${whyNot}`] };
    return {
      rows: await measure(services, pace),
      notes: [
        `${2 * SENDERS_EACH} senders, ${2 * READERS_EACH} readers, which never ask for anything again`,
        'the commit is part of it; servers, clients, MariaDB and Redis share the machine',
      ],
    };
  },
};
