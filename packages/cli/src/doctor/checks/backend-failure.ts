/** What is to be said of a backend that could not be looked at. */
import { ProbeFailure } from '@rtd/server';
import { type Finding, fail } from '../check.ts';

export interface BackendWords {
  /** As people know it. */
  readonly title: string;
  /** Where it is, without its password. */
  readonly place: string;
  /** The setting that says so. */
  readonly setting: string;
  readonly service: 'mysql' | 'redis' | 'kafka';
  /** What follows, for the server. */
  readonly without: string;
  readonly asked: string;
}

/** @throws `error` when it is no failure of a probe. */
export function backendFailure(error: unknown, words: BackendWords): Finding {
  if (!(error instanceof ProbeFailure)) throw error;
  const { title, place, setting, service, without, asked } = words;
  const evidence = { asked, answered: error.code };
  const up = `rtd up --only ${service}   # or correct ${setting}`;
  switch (error.reason) {
    case 'unreachable':
      return fail(evidence, `Nothing of the kind listens at ${place}. ${without}`, up);
    case 'silent':
      return fail(
        evidence,
        `${place} does not answer in time: a firewall swallows it, or ${title} hangs. ${without}`,
        up,
      );
    case 'denied':
      return fail(
        evidence,
        `${title} runs and does not let this user in. ${without}`,
        `export ${setting}=...   # with a user and password that ${title} knows`,
      );
    case 'failed':
      return fail(evidence, `What answers at ${place} is no ${title}, or it refuses the question. ${without}`, up);
  }
}

/** `host:port` of a URL: never its user or password. */
export function placeOf(url: string, usualPort: number): string {
  const { hostname, port } = new URL(url);
  return `${hostname}:${port === '' ? usualPort : port}`;
}
