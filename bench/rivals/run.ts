/**
 * `node bench/rivals/run.ts [--only rabbitmq,nchan] [--quick] [--json]` (after `npm run build`): servers that others have
 * written beside ours, each found on this machine, all loaded by the same `rtd bench`, by turns, in one run.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { listenForInterruption, onInterruption } from '../harness/interruption.ts';
import { machine } from '../harness/report.ts';
import { median } from '../harness/rounds.ts';
import { type Measured, measure } from './measure.ts';
import { nchan } from './nchan.ts';
import { ours } from './ours.ts';
import { rabbitmq } from './rabbitmq.ts';
import { MissingRival, type Rival, type RunningRival } from './rival.ts';
import { GET_SOCKET_IO, socketIoVersion } from './socket-io.ts';
import { socketIoRounds } from './socket-io-rounds.ts';
import { spring } from './spring.ts';

const RIVALS: ReadonlyMap<string, Rival> = new Map([
  ['rabbitmq', rabbitmq],
  ['spring', spring],
  ['nchan', nchan],
]);

const SOCKET_IO = 'socket.io';

const SUBSCRIBERS = 1_000;
/** More than any of them delivers to so many: what they deliver of it in a second is what they can. */
const BLAST_RATE = 200;
const TRICKLE_RATE = 20;
const IDLE = 3_000;
/** Opened first and not counted: they bring in the code that serves them. */
const FIRST_IDLE = 300;

interface Contender {
  readonly rival: Rival;
  readonly running: RunningRival;
  /** Figures by their name, one of each round. */
  readonly figures: Map<string, number[]>;
  readonly remarks: Set<string>;
}

function readArguments() {
  const usage = `usage: node bench/rivals/run.ts [--only ${[...RIVALS.keys(), SOCKET_IO].join(',')}] [--quick] [--json]\n`;
  try {
    const { values } = parseArgs({
      options: {
        only: { type: 'string' },
        quick: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    });
    const names = values.only?.split(',') ?? [...RIVALS.keys(), SOCKET_IO];
    const unknown = names.find((name) => !RIVALS.has(name) && name !== SOCKET_IO);
    if (unknown !== undefined) throw new Error(`no rival is called ${unknown}`);
    return { ...values, names };
  } catch (thrown) {
    process.stderr.write(`${thrown instanceof Error ? thrown.message : String(thrown)}\n${usage}`);
    process.exit(2);
  }
}

const options = readArguments();
const rounds = options.quick ? 1 : 3;
const blastSeconds = options.quick ? 1 : 2;
const trickleSeconds = options.quick ? 2 : 5;
const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

function note({ figures }: Contender, name: string, value: number): void {
  figures.set(name, [...(figures.get(name) ?? []), value]);
}

/** Rates and latencies of one kind (`fanout` or `sse`) of one round. `counts` is false for the one that warms up. */
async function traffic(
  contender: Contender,
  kind: 'fanout' | 'sse',
  where: readonly string[],
  counts: boolean,
): Promise<void> {
  const common = [kind, ...where, '--connections', String(SUBSCRIBERS)];
  const blast = await measure(contender.running, [
    ...common,
    '--rate',
    String(BLAST_RATE),
    '--duration',
    String(blastSeconds),
  ]);
  const trickle = await measure(contender.running, [
    ...common,
    '--rate',
    String(TRICKLE_RATE),
    '--duration',
    String(trickleSeconds),
  ]);
  if (!counts) return;
  const { deliveries, deliveriesPerSecond } = blast.result.messages;
  note(contender, `${kind}: deliveries/s of the server's core`, deliveries / blast.cpuSeconds);
  note(contender, `${kind}: deliveries/s by the clock`, deliveriesPerSecond);
  note(contender, `${kind}: p50 at ${TRICKLE_RATE}/s, ms`, trickle.result.latency.delivery?.p50 ?? Number.NaN);
  note(contender, `${kind}: p99 at ${TRICKLE_RATE}/s, ms`, trickle.result.latency.delivery?.p99 ?? Number.NaN);
  remark(contender, kind, 'as fast as it goes', blast);
  remark(contender, kind, `at ${TRICKLE_RATE}/s`, trickle);
}

/** What a reader has to know of a figure that is not what it seems. */
function remark({ rival, remarks }: Contender, kind: string, when: string, { result }: Measured): void {
  const { connections, client, messages } = result;
  const missing = messages.sent * SUBSCRIBERS - messages.deliveries;
  if (connections.lost > 0)
    remarks.add(`${rival.name}, ${kind} ${when}: the server cut ${connections.lost} clients off`);
  if (missing > 0)
    remarks.add(
      `${rival.name}, ${kind} ${when}: ${((missing / (messages.sent * SUBSCRIBERS)) * 100).toFixed(1)}% never came`,
    );
  if (client.bottleneck.length > 0)
    remarks.add(`${rival.name}, ${kind} ${when}: the client, or the machine, was the bottleneck`);
}

async function idleMemory(contender: Contender): Promise<void> {
  const { running } = contender;
  if (running.stomp === undefined) return;
  const words = (count: number): string[] => [
    'idle',
    ...(running.stomp ?? []),
    '--connections',
    String(count),
    '--duration',
    '3',
  ];
  await measure(running, words(FIRST_IDLE));
  const { residentBefore, residentAfter, result } = await measure(running, words(IDLE));
  note(contender, 'idle: memory a connection, KiB', (residentAfter - residentBefore) / result.connections.open / 1_024);
}

/** Everybody by turns; who begins changes from round to round. */
async function allRounds(contenders: readonly Contender[]): Promise<void> {
  for (const contender of contenders) {
    say(`idle connections: ${contender.rival.name}`);
    await idleMemory(contender);
  }
  for (let round = 0; round <= rounds; round += 1) {
    const turn = round % contenders.length;
    for (const contender of [...contenders.slice(turn), ...contenders.slice(0, turn)]) {
      say(`${round === 0 ? 'warming up' : `round ${round} of ${rounds}`}: ${contender.rival.name}`);
      const { stomp, sse } = contender.running;
      if (stomp !== undefined) await traffic(contender, 'fanout', stomp, round > 0);
      if (sse !== undefined) await traffic(contender, 'sse', sse, round > 0);
    }
  }
}

const amount = (value: number): string =>
  value.toLocaleString('en-US', { maximumFractionDigits: value >= 100 ? 0 : 1 });

function table(contenders: readonly Contender[]): string {
  const [us, ...them] = contenders;
  if (us === undefined || them.length === 0) return '';
  const rows = [...us.figures].map(([name, mine]) => [
    name,
    amount(median(mine)),
    ...them.map(({ figures }) => {
      const theirs = figures.get(name);
      if (theirs === undefined) return '';
      const ratio = median(mine.map((figure, round) => figure / (theirs[round] ?? Number.NaN)));
      return `${amount(median(theirs))} (${Number(ratio.toPrecision(2))}x)`;
    }),
  ]);
  const head = ['median (and ours to theirs)', ...contenders.map(({ rival }) => rival.name)];
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return lines.join('\n');
}

/** The second table; undefined where Socket.IO is not wanted, or not there. */
async function socketIoTable(version: string | undefined): Promise<string | undefined> {
  if (version === undefined) return undefined;
  say(version);
  const pace = { quick: options.quick, rounds, roundMillis: options.quick ? 300 : 1_000 };
  const rows = (await socketIoRounds(SUBSCRIBERS, pace)).map(
    ([what, { ours: mine, naive, ratio }]) =>
      `| ${what} | ${amount(mine)} | ${amount(naive)} (${Number(ratio.toPrecision(2))}x) |`,
  );
  return [`| the fan-out alone | RTD's | ${version} |`, '| --- | --- | --- |', ...rows].join('\n');
}

listenForInterruption();
const measuredOn = machine();
const date = new Date().toISOString().slice(0, 10);
await using stack = new AsyncDisposableStack();
onInterruption(() => stack.disposeAsync());
const contenders: Contender[] = [];
const missing: string[] = [];
const wanted = options.names.flatMap((name) => RIVALS.get(name) ?? []);
for (const rival of wanted.length === 0 ? [] : [ours, ...wanted]) {
  const folder = mkdtempSync(path.join(tmpdir(), 'rtd-rival-'));
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));
  try {
    say(`starting ${rival.name}`);
    const running = stack.use(await rival.start(folder));
    contenders.push({ rival, running, figures: new Map(), remarks: new Set() });
  } catch (error) {
    if (!(error instanceof MissingRival)) throw error;
    missing.push(`${rival.name} is left out: ${error.message} (${rival.get})`);
    say(missing.at(-1) ?? '');
  }
}
const socketIo = options.names.includes(SOCKET_IO) ? socketIoVersion() : undefined;
if (options.names.includes(SOCKET_IO) && socketIo === undefined)
  missing.push(`Socket.IO is left out: it is not in its folder (${GET_SOCKET_IO})`);
if (contenders.length > 1) await allRounds(contenders);
const second = await socketIoTable(socketIo);
const remarks = contenders.flatMap((contender) => [...contender.remarks]);
if (options.json) {
  const results = contenders.map(({ rival, running, figures }) => ({
    name: rival.name,
    version: running.version,
    figures: Object.fromEntries(figures),
  }));
  process.stdout.write(
    `${JSON.stringify({ machine: measuredOn, date, results, socketIo: second, missing, remarks }, undefined, 2)}\n`,
  );
} else {
  const versions = contenders.map(({ rival, running }) => `- ${running.version}: ${rival.setUp}`);
  const notes = [...missing, ...remarks].map((text) => `- ${text}`);
  const load = loadavg()[0]?.toFixed(1) ?? 'unknown';
  const parts = [
    `${date}, ${measuredOn}, at the end ${load}`,
    versions.join('\n'),
    table(contenders),
    second ?? '',
    notes.join('\n'),
  ];
  process.stdout.write(`${parts.filter((part) => part !== '').join('\n\n')}\n`);
}
