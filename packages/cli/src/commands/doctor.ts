/** `rtd doctor`: looks at everything that a message passes, from this machine to the server and back. */
import { homedir } from 'node:os';
import { Command } from '@oclif/core/command';
import { boolean, option, string } from '@oclif/core/flags';
import { summaryOf } from '../command-list.ts';
import { CHECKS, checksNamed } from '../doctor/checks.ts';
import { createPrinter } from '../doctor/printer.ts';
import { reportOf, verdictOf } from '../doctor/report.ts';
import { type CheckWatcher, runChecks } from '../doctor/run-checks.ts';
import { secretsRemover } from '../doctor/secrets.ts';
import { surroundingsOf } from '../doctor/surroundings.ts';
import { EXIT, UsageError } from '../failure.ts';
import { connectionFlags } from '../flags/connection.ts';
import { headerFlag, headersIn } from '../flags/headers.ts';
import { configOf, serverFlags } from '../flags/server.ts';
import { numberFlag } from '../flags/values.ts';
import { onStop } from '../interruption.ts';
import { colourLevel } from '../output/colour-level.ts';
import { jsonLine } from '../output/lines.ts';
import { openServices } from '../services/open-services.ts';
import { parseStompTarget } from '../wire/target.ts';

const QUIET: CheckWatcher = { began: () => {}, ended: () => {} };

export default class Doctor extends Command {
  static override summary = summaryOf('doctor');
  static override description =
    'Follows the way that data takes and says of each step what was asked, what came back and what it means; where one is ' +
    'wrong, how to mend it. The server may be any that speaks STOMP, stomp://host:port where it does so over bare TCP: what only ours have is skipped. The last line is the ' +
    'verdict, and the exit code 1 where something fails. Settings of the server are read from the RTD_ variables, as ' +
    'rtd serve does. Brokers of others: RTD_LOGIN and RTD_PASSCODE.';
  static override examples = [
    '<%= config.bin %> doctor',
    '<%= config.bin %> doctor --only ws,stomp --verbose',
    '<%= config.bin %> doctor --url wss://chat.example.com/ws --origin https://example.com',
    'RTD_LOGIN=guest RTD_PASSCODE=guest <%= config.bin %> doctor --url ws://localhost:15674/ws --vhost /',
    '<%= config.bin %> doctor --url stomp://localhost:61613 --vhost /',
    '$ <%= config.bin %> doctor --json | jq -r \'.checks[] | select(.status == "fail") | .id\'',
  ];
  static override flags = {
    ...connectionFlags,
    only: string({
      description: 'only these checks, with commas between them: port, mysql, stomp-receipt',
      helpValue: 'CHECK,…',
    }),
    fix: boolean({ description: 'mend what is safe to mend (a missing folder, a missing database), and say so' }),
    json: boolean({ description: 'one JSON document; its schema is docs/doctor-report.schema.json' }),
    verbose: boolean({ description: 'all of the evidence, also of what is well' }),
    timeout: numberFlag({
      description: 'seconds to wait for each answer',
      takes: 'a number of seconds from 1 to 60',
      min: 1,
      max: 60,
      fractions: true,
    })({ default: 5 }),
    connections: numberFlag({
      description: 'how many connections the server is to hold',
      takes: 'a number of connections, such as 10000',
      min: 1,
      max: 10_000_000,
    })({ default: 1_000 }),
    origin: string({
      description: 'a page that is to be let in, such as https://app.example.com',
      helpValue: 'ORIGIN',
    }),
    destination: string({
      description: 'where to send to and subscribe, at a server that is not ours',
      helpValue: 'NAME',
    }),
    vhost: string({ description: "the broker's virtual host; the host name when not given", helpValue: 'NAME' }),
    header: headerFlag({ description: 'header of CONNECT; may be repeated' }),
    'http-header': headerFlag({
      description: 'header of the WebSocket handshake, the event stream and SockJS, such as Cookie; may be repeated',
    }),
    stream: string({ description: 'path of an event stream, at a server that is not ours', helpValue: 'PATH' }),
    backends: option({ description: 'up: look at what "rtd up" has started', options: ['up'] as const })(),
    'data-dir': serverFlag('data-dir'),
    port: serverFlag('port'),
    'mysql-url': serverFlag('mysql-url'),
    'redis-url': serverFlag('redis-url'),
    'kafka-brokers': serverFlag('kafka-brokers'),
  };

  override async run(): Promise<void> {
    const { flags } = await this.parse(Doctor);
    const { stdout } = process;
    const target = parseStompTarget(flags.url);
    const checks = flags.only === undefined ? CHECKS : checksNamed(namesIn(flags.only));
    const found = flags.backends === 'up' ? await (await openServices(process)).environment() : {};
    const env = { ...process.env, ...found };
    const settings = settingsOf(flags, env);
    const level = colourLevel(env);
    const clean = secretsRemover(env, []);
    const surroundings = surroundingsOf({
      target,
      identity: {
        userId: flags.name,
        token: given(env.RTD_TOKEN),
        login: given(env.RTD_LOGIN),
        passcode: given(env.RTD_PASSCODE),
      },
      ...settings,
      env,
      platform: process.platform,
      nodeVersion: process.versions.node,
      terminal: { isTerminal: stdout.isTTY === true, columns: stdout.columns, rows: stdout.rows, colours: level > 0 },
      timeoutMillis: flags.timeout * 1_000,
      connections: flags.connections,
      origin: flags.origin,
      destination: flags.destination,
      virtualHost: flags.vhost,
      connectHeaders: headersIn(flags.header),
      httpHeaders: headersIn(flags['http-header']),
      streamPath: flags.stream,
      now: Date.now,
    });
    const printer = flags.json ? undefined : createPrinter(stdout, { level, verbose: flags.verbose });
    printer?.heading(`rtd doctor, looking at ${target.given}`);
    using stop = onStop(process);
    stop.signal.addEventListener('abort', () => {
      printer?.close();
      process.exit(stop.exitCode);
    });
    const startedAt = new Date();
    const begun = performance.now();
    const results = await runChecks(checks, surroundings, { fix: flags.fix, watcher: printer ?? QUIET, clean });
    const verdict = verdictOf(results);
    if (printer !== undefined) printer.end(verdict);
    else {
      const server = (await surroundings.isOurs()) ? 'rtd' : 'other';
      const millis = performance.now() - begun;
      stdout.write(`${jsonLine(reportOf(results, { url: target.given, server, startedAt, millis }))}\n`);
    }
    process.exitCode = verdict.ok ? EXIT.done : EXIT.failed;
  }
}

function serverFlag(name: string) {
  const flag = serverFlags[name];
  if (flag === undefined) throw new Error(`the server has no option ${name}`);
  return flag;
}

function namesIn(text: string): readonly string[] {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (names.length === 0)
    throw new UsageError('--only takes names of checks with commas between them, such as ws-upgrade,token.');
  return names;
}

/** What a server would be set to, or why it would not start: that is a finding, and no wrong usage. */
function settingsOf(flags: Readonly<Record<string, unknown>>, env: NodeJS.ProcessEnv) {
  const names = ['data-dir', 'port', 'mysql-url', 'redis-url', 'kafka-brokers'];
  const texts = Object.fromEntries(
    names.map((name) => [name, typeof flags[name] === 'string' ? flags[name] : undefined]),
  );
  // Variables of this command, of which a server would say that it does not know them.
  const { RTD_LOGIN: _login, RTD_PASSCODE: _passcode, ...servers } = env;
  try {
    const config = configOf({ flags: texts, env: servers, platform: process.platform, homeDirectory: homedir() });
    return { config, configProblem: undefined };
  } catch (error) {
    if (error instanceof UsageError) return { config: undefined, configProblem: error.problem };
    throw error;
  }
}

function given(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
