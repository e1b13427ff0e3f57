/** What `/metrics` says, and a client that reads nothing. */
import { ask } from '../server/test-server.ts';

/** The value of a series, as `name` or `name{label="value"}`; undefined where there is none. */
export async function series(server: { port: number }, name: string): Promise<number | undefined> {
  const { text } = await ask(server, '/metrics');
  const line = text.split('\n').find((each) => each.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
}
