/** `sse`: many event streams, and one publisher over HTTP whose messages all of them should get. */
import { Agent as PlainAgent, request as requestPlain } from 'node:http';
import { request as requestSecure, Agent as SecureAgent } from 'node:https';
import { pause } from '../interruption.ts';
import { EventStreamConnection } from './event-stream-connection.ts';
import type { LoadRun, RunEnd } from './load-run.ts';
import { keepPace } from './pace.ts';
import { ramp } from './ramp.ts';
import { SeenBytes } from './seen-bytes.ts';
import { bodyOf, type SseSettings } from './settings.ts';
import { hasNoPort, hostFrom, sourceAddress } from './source-addresses.ts';
import type { Headers } from './stomp-load-connection.ts';

const OPENING_MILLIS = 30_000;
/** Bodies of one request. */
const MOST_LINES = 1_000;

export async function runEventStreams(run: LoadRun, settings: SseSettings): Promise<RunEnd> {
  const { connections, durationMillis, rate, verify, drainMillis } = settings;
  const { signal, tally } = run;
  const seen = new SeenBytes();
  const streams = new Set<EventStreamConnection>();
  let listening = 0;
  try {
    await ramp({
      count: connections,
      perSecond: settings.connectsPerSecond,
      atOnce: settings.atOnce,
      signal,
      open: async (index) => {
        const place = { client: -1 };
        if (!(await openStream({ run, settings, index, seen, streams, place }))) return;
        place.client = listening;
        listening += 1;
      },
    });
    using publisher = new Publisher(run, settings);
    run.begin(verify ? { clients: listening, senders: 1 } : undefined);
    if (listening === 0 || rate === 0) await pause(listening === 0 ? 0 : durationMillis, signal);
    else {
      await keepPace({
        rate,
        start: run.startedAt,
        end: run.startedAt + durationMillis,
        signal,
        now: () => performance.now(),
        send: (due) => publisher.publish(due),
      });
      await run.drain(drainMillis, () => listening * tally.sent, true);
    }
    return run.end(rate === 0 ? ['nothing was published: events are counted, and have no latency'] : []);
  } finally {
    run.closing = true;
    for (const stream of streams) stream.close();
  }
}

interface Opening {
  readonly run: LoadRun;
  readonly settings: SseSettings;
  readonly index: number;
  readonly seen: SeenBytes;
  readonly streams: Set<EventStreamConnection>;
  readonly place: { readonly client: number };
}

/** True when it is open. */
async function openStream(opening: Opening): Promise<boolean> {
  opening.run.tally.asked += 1;
  for (let further = 0; ; further += 1) {
    const opened = await openFrom(opening, further);
    if (opened !== 'no port') return opened;
  }
}

function openFrom(
  { run, settings, index, seen, streams, place }: Opening,
  further: number,
): Promise<boolean | 'no port'> {
  const { tally, signal } = run;
  const begun = performance.now();
  return new Promise((resolve) => {
    let ready = false;
    const stop = (): void => stream.close();
    const tooLate = setTimeout(stop, OPENING_MILLIS);
    const settled = (opened: boolean | 'no port'): void => {
      clearTimeout(tooLate);
      signal.removeEventListener('abort', stop);
      resolve(opened);
    };
    const { target } = settings;
    const stream = new EventStreamConnection(
      {
        target,
        localAddress: sourceAddress(target, index, settings.connectionsAnAddress, further),
        path: settings.path,
        headers: [...identityHeaders(run, settings, index), ...settings.headers],
        stamps: run.stamps,
        seen,
      },
      {
        onReady: () => {
          ready = true;
          tally.open += 1;
          tally.connect.record(performance.now() - begun);
          settled(true);
        },
        onMessages: (numbers) => run.arrived(place.client, numbers),
        onBytes: (length) => {
          tally.bytes += length;
        },
        onClosed: (why) => {
          streams.delete(stream);
          if (!ready && hasNoPort(target, why, further)) {
            settled('no port');
            return;
          }
          if (!run.closing && !(signal.aborted && !ready)) {
            if (ready) {
              tally.open -= 1;
              tally.lost += 1;
            } else tally.failed += 1;
            tally.because(ready ? `lost: ${why}` : why);
          }
          settled(false);
        },
      },
    );
    streams.add(stream);
    signal.addEventListener('abort', stop, { once: true });
  });
}

/** Each stream is somebody else's, because servers bound how many one user may have. */
function identityHeaders({ stamps }: LoadRun, { token }: SseSettings, index: number | string): Headers {
  return token === undefined ? [['X-User-Id', `bench-${stamps.run}-${index}`]] : [['Authorization', `Bearer ${token}`]];
}

/** One request at a time, so that the order is that of the numbers; what is due meanwhile waits, and its wait counts. */
class Publisher implements Disposable {
  readonly #run: LoadRun;
  readonly #settings: SseSettings;
  readonly #agent: PlainAgent | SecureAgent;
  /** Addresses that had no port left, behind that of the last stream. */
  #further = 0;
  readonly #waiting: number[] = [];
  #busy = false;

  constructor(run: LoadRun, settings: SseSettings) {
    this.#run = run;
    this.#settings = settings;
    const Agent = settings.target.secure ? SecureAgent : PlainAgent;
    this.#agent = new Agent({ keepAlive: true, maxSockets: 1 });
  }

  publish(due: readonly number[]): void {
    const { log, tally } = this.#run;
    for (const intendedAt of due) {
      this.#waiting.push(log.add(0, intendedAt));
      tally.sent += 1;
      // What it waits from here on is for the server's answer to the request before: no lateness of this client.
      tally.lateness.record(performance.now() - intendedAt);
    }
    if (!this.#busy) void this.#sendAll();
  }

  [Symbol.dispose](): void {
    this.#waiting.length = 0;
    this.#agent.destroy();
  }

  async #sendAll(): Promise<void> {
    this.#busy = true;
    const { stamps } = this.#run;
    const { publish, size } = this.#settings;
    while (this.#waiting.length > 0 && !this.#run.closing) {
      const numbers = this.#waiting.splice(0, publish.lines ? MOST_LINES : 1);
      const bodies = numbers.map((number) => bodyOf(publish.body, stamps.write(number), size));
      const refused = await this.#post(bodies.join('\n'));
      for (const number of numbers) {
        if (refused === undefined) this.#run.acknowledged(number);
        else this.#run.refused(refused);
      }
    }
    this.#busy = false;
  }

  /** Why it was refused; undefined when it was not. */
  #post(body: string): Promise<string | undefined> {
    const { target, publish, connections, connectionsAnAddress } = this.#settings;
    const localAddress = sourceAddress(target, connections, connectionsAnAddress, this.#further);
    const request = target.secure ? requestSecure : requestPlain;
    return new Promise((resolve) => {
      const asked = request(
        {
          host: hostFrom(target, localAddress),
          port: target.port,
          ...(localAddress === undefined ? {} : { localAddress }),
          path: `${target.prefix}${publish.path}`,
          method: 'POST',
          agent: this.#agent,
          headers: {
            host: target.authority,
            'content-type': publish.contentType,
            'content-length': String(Buffer.byteLength(body)),
            ...Object.fromEntries(identityHeaders(this.#run, this.#settings, 'publisher')),
            ...Object.fromEntries(this.#settings.headers),
          },
        },
        (response) => {
          response.resume();
          const status = response.statusCode ?? 0;
          response.on('close', () => resolve(status >= 200 && status < 300 ? undefined : `HTTP ${status}`));
        },
      );
      asked.on('error', ({ code, message }: NodeJS.ErrnoException) => {
        if (code === undefined || !hasNoPort(target, code, this.#further)) resolve(code ?? message);
        else {
          this.#further += 1;
          resolve(this.#post(body));
        }
      });
      asked.end(body);
    });
  }
}
