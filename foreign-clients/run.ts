/**
 * Clients that nobody here wrote, against a server of this checkout: Python's stomp.py, Spring's WebSocketStompClient,
 * Go's go-stomp. Each is a small program that prints `ok NAME` or `not ok NAME: WHY` a check.
 *
 * A client whose toolchain is missing is skipped, aloud. Ends with `N passed, N failed, N skipped`.
 */
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { defaultConfig, startServer, systemClock } from '@rtd/server';

interface ForeignClient {
  readonly name: string;
  /** Commands that must be there, each asked for its version. */
  readonly toolchain: readonly (readonly [string, ...string[]])[];
  /** Makes the program ready to run. */
  readonly prepare: readonly (readonly [string, ...string[]])[];
  run(host: string, port: number): readonly [string, ...string[]];
}

interface Verdict {
  passed: number;
  failed: number;
  skipped: number;
}

const here = import.meta.dirname;
const built = path.join(here, '..', 'node_modules', '.cache', 'foreign-clients');
const LIMIT_MILLIS = 240_000;

const clients: readonly ForeignClient[] = [
  {
    name: 'stomp.py',
    toolchain: [['python3', '-c', 'import venv, ensurepip']],
    prepare: [
      ['python3', '-m', 'venv', path.join(built, 'python')],
      [
        path.join(built, 'python', 'bin', 'pip'),
        'install',
        '--quiet',
        '--disable-pip-version-check',
        '-r',
        path.join(here, 'python', 'requirements.txt'),
      ],
    ],
    run: (host, port) => [
      path.join(built, 'python', 'bin', 'python'),
      path.join(here, 'python', 'talk.py'),
      host,
      String(port),
    ],
  },
  {
    name: 'Spring',
    toolchain: [
      ['mvn', '--version'],
      ['javac', '--release', '17', '--version'],
    ],
    prepare: [['mvn', '-q', '-B', '-f', path.join(here, 'java', 'pom.xml'), 'package']],
    run: (host, port) => {
      const target = path.join(here, 'java', 'target');
      return [
        'java',
        '-cp',
        `${path.join(target, 'classes')}${path.delimiter}${path.join(target, 'libs', '*')}`,
        'rtd.Talk',
        `${host}:${port}`,
      ];
    },
  },
  {
    name: 'go-stomp',
    toolchain: [['go', 'version']],
    prepare: [['go', 'build', '-C', path.join(here, 'go'), '-o', path.join(built, 'go-talk'), '.']],
    run: (host, port) => [path.join(built, 'go-talk'), `${host}:${port}`],
  },
];

function succeeds([command, ...args]: readonly [string, ...string[]]): boolean {
  return spawnSync(command, args, { stdio: 'ignore', timeout: LIMIT_MILLIS }).status === 0;
}

/** Makes a client ready; what stands in the way is its verdict. Blocks: nothing may be talking to the server meanwhile. */
function prepare(client: ForeignClient): Verdict | undefined {
  const missing = client.toolchain.find((command) => !succeeds(command));
  if (missing !== undefined) {
    console.log(`SKIPPED ${client.name}: \`${missing.join(' ')}\` does not work on this machine`);
    return { passed: 0, failed: 0, skipped: 1 };
  }
  for (const [command, ...args] of client.prepare) {
    const step = spawnSync(command, args, { encoding: 'utf8', timeout: LIMIT_MILLIS });
    if (step.status !== 0) {
      console.log(`not ok ${client.name}: \`${command} ${args.join(' ')}\` failed\n${step.stdout}${step.stderr}`);
      return { passed: 0, failed: 1, skipped: 0 };
    }
  }
  return undefined;
}

/** Runs the checks of one client and prints each line under its name. */
async function tryClient(client: ForeignClient, host: string, port: number): Promise<Verdict> {
  const verdict: Verdict = { passed: 0, failed: 0, skipped: 0 };
  const [command, ...args] = client.run(host, port);
  const program = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], timeout: LIMIT_MILLIS });
  const ended = new Promise<number | null>((resolve) => program.once('close', resolve));
  for await (const line of createInterface({ input: program.stdout })) {
    if (line.startsWith('ok ')) verdict.passed += 1;
    if (line.startsWith('not ok ')) verdict.failed += 1;
    console.log(line.replace(/^(not ok|ok) /, `$1 ${client.name}: `));
  }
  const code = await ended;
  if (code !== 0 && verdict.failed === 0) {
    verdict.failed += 1;
    console.log(`not ok ${client.name}: ended with ${code ?? 'a signal'}`);
  }
  return verdict;
}

mkdirSync(built, { recursive: true });
const hindered = new Map(clients.map((client) => [client, prepare(client)]));
const dataDir = mkdtempSync(path.join(tmpdir(), 'rtd-foreign-'));
const server = await startServer(defaultConfig({ dataDir, port: 0, logLevel: 'warn' }), {
  clock: systemClock,
  randomBytes: (count) => randomBytes(count),
});
try {
  const verdicts = await Promise.all(
    clients.map((client) => hindered.get(client) ?? tryClient(client, '127.0.0.1', server.port)),
  );
  const sum = (of: (verdict: Verdict) => number): number => verdicts.reduce((total, verdict) => total + of(verdict), 0);
  const failed = sum((verdict) => verdict.failed);
  console.log(`${sum((v) => v.passed)} passed, ${failed} failed, ${sum((v) => v.skipped)} skipped`);
  process.exitCode = failed === 0 ? 0 : 1;
} finally {
  await server.close();
  rmSync(dataDir, { recursive: true, force: true });
}
