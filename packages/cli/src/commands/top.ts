/** `rtd top`: what servers do right now, from their metrics. */
import { Command } from '@oclif/core/command';
import { boolean, string } from '@oclif/core/flags';
import { summaryOf } from '../command-list.ts';
import { EXIT, Failure } from '../failure.ts';
import { DEFAULT_URL } from '../flags/connection.ts';
import { numberFlag } from '../flags/values.ts';
import { onInterrupt, pause } from '../interruption.ts';
import { colourLevel } from '../output/colour-level.ts';
import { openFullScreen } from '../top/full-screen.ts';
import { topJson, topLine } from '../top/top-lines.ts';
import { topRows } from '../top/top-rows.ts';
import { WatchedServer } from '../top/watched-server.ts';
import { parseTarget } from '../wire/target.ts';

const MOST_SERVERS = 20;

export default class Top extends Command {
  static override summary = summaryOf('top');
  static override description =
    'Connections by transport, messages and deliveries a second, commit and delivery latency, bytes that wait for slow ' +
    'clients, the slowest of those by name, healed gaps, Kafka lag and event loop lag, read from /metrics. A screen on a terminal (q ends it), a line a ' +
    'server elsewhere. A server that does not answer is shown as down, and looked for again.';
  static override examples = [
    '<%= config.bin %> top',
    '<%= config.bin %> top --url http://127.0.0.1:8080 --url http://127.0.0.1:8081',
    '<%= config.bin %> top --json --count 1 | jq ".servers[0].messagesPerSecond"',
    '<%= config.bin %> top --interval 10 >> load.log',
  ];
  static override flags = {
    url: string({
      description: 'server to look at; may be repeated',
      env: 'RTD_URL',
      default: [DEFAULT_URL],
      helpValue: 'URL',
      multiple: true,
    }),
    interval: numberFlag({
      description: 'seconds between two looks',
      takes: 'a number of seconds from 0.1 to 3600, such as 2',
      min: 0.1,
      max: 3_600,
      fractions: true,
    })({ default: 1 }),
    count: numberFlag({
      description: 'ends after so many looks',
      takes: 'a number of looks, such as 1',
      min: 1,
    })(),
    json: boolean({ description: 'one JSON document a look, on one line' }),
  };

  override async run(): Promise<void> {
    const { flags } = await this.parse(Top);
    const token = process.env.RTD_TOKEN === '' ? undefined : process.env.RTD_TOKEN;
    // The variable RTD_URL gives one, and not in a list.
    const urls = [flags.url].flat();
    const targets = [...new Map(urls.map(parseTarget).map((target) => [target.url, target])).values()];
    const servers = targets.slice(0, MOST_SERVERS).map((target) => new WatchedServer(target, token));
    using interruption = onInterrupt(process);
    const watch: Watch = {
      servers,
      signal: interruption.signal,
      intervalMillis: flags.interval * 1_000,
      count: flags.count ?? Number.POSITIVE_INFINITY,
    };
    const hasScreen = process.stdout.isTTY === true && process.stdin.isTTY === true && process.env.TERM !== 'dumb';
    await lookAll(watch);
    if (hasScreen && !flags.json) await onScreen(watch);
    else await inLines(watch, flags.json);
    if (interruption.signal.aborted) process.exitCode = interruption.exitCode;
  }
}

interface Watch {
  readonly servers: readonly WatchedServer[];
  readonly signal: AbortSignal;
  readonly intervalMillis: number;
  /** Looks that are shown: rates need one before the first. */
  readonly count: number;
}

async function lookAll({ servers, intervalMillis }: Watch): Promise<void> {
  // A server that hangs must not hold up the others for long.
  const timeoutMillis = Math.max(1_000, Math.min(5_000, intervalMillis));
  await Promise.all(servers.map((server) => server.look(timeoutMillis)));
}

/** Looks at the pace of the interval and calls `show` after each, until the count is reached or somebody wants an end. */
async function eachLook(watch: Watch, show: () => void): Promise<void> {
  let next = performance.now();
  for (let shown = 0; shown < watch.count; shown += 1) {
    next = Math.max(next + watch.intervalMillis, performance.now());
    await pause(next - performance.now(), watch.signal);
    if (watch.signal.aborted) return;
    await lookAll(watch);
    if (watch.signal.aborted) return;
    show();
  }
}

/** @throws Failure where not one server has ever answered: whoever reads lines is a script, or soon gone. */
async function inLines(watch: Watch, json: boolean): Promise<void> {
  const { servers } = watch;
  const [first] = servers;
  if (first !== undefined && servers.every(({ problem }) => problem !== undefined)) {
    throw new Failure(
      `No server answers: ${first.target.url}/metrics: ${first.problem}. "rtd serve" starts one, "rtd doctor --url ${first.target.url}" finds out why.`,
    );
  }
  await eachLook(watch, () => {
    const now = new Date();
    const lines = json
      ? [topJson(servers, now.toISOString())]
      : servers.map((server) => topLine(server, now.toTimeString().slice(0, 8)));
    process.stdout.write(`${lines.join('\n')}\n`);
  });
  if (servers.every(({ problem }) => problem !== undefined)) process.exitCode = EXIT.failed;
}

async function onScreen(watch: Watch): Promise<void> {
  const level = colourLevel(process.env);
  const left = new AbortController();
  const draw = (): void => {
    screen.draw(
      topRows({
        servers: watch.servers,
        columns: screen.columns,
        rows: screen.rows,
        level,
        time: new Date().toTimeString().slice(0, 8),
        intervalMillis: watch.intervalMillis,
        now: performance.now(),
      }),
    );
  };
  using screen = openFullScreen(process, {
    onResize: () => draw(),
    onKey: (key) => {
      if (['q', 'Q', '\x03', '\x1b'].includes(key)) left.abort();
    },
  });
  draw();
  await eachLook({ ...watch, signal: AbortSignal.any([watch.signal, left.signal]) }, draw);
}
