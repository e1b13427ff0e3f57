/** The smallest program around the terminal client: what the tests run on a pseudo-terminal. `url [user id]` */
import { runTerminal } from '@rtd/tui';

const [url = '', userId] = process.argv.slice(2);
const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort());
const { stdin, stdout, stderr, env } = process;
const identity = userId === undefined ? undefined : { userId };
process.exitCode = await runTerminal({
  url,
  identity,
  stdin,
  stdout,
  stderr,
  env,
  signal: stop.signal,
  timeZone: 'UTC',
  suspend: () =>
    new Promise((resolve) => {
      process.once('SIGCONT', () => resolve());
      process.kill(process.pid, 'SIGSTOP');
    }),
});
