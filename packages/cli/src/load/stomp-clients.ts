/** The STOMP connections of one load test: opened, counted, kept alive by heart-beats, and closed together. */
import type { StompFrame } from '@rtd/protocol';
import type { LoadRun } from './load-run.ts';
import { SeenBytes } from './seen-bytes.ts';
import type { StompSettings } from './settings.ts';
import { hasNoPort, sourceAddress } from './source-addresses.ts';
import { type Headers, type LoadSubscription, StompLoadConnection } from './stomp-load-connection.ts';

const OPENING_MILLIS = 30_000;
const BEAT_EVERY_MILLIS = 500;

export interface ClientPlan {
  /** Unique within the run, and so are users. */
  readonly name: string;
  readonly subscribes: boolean;
  /** Of SUBSCRIBE, besides those of the settings. */
  readonly subscribeHeaders?: Headers | undefined;
  /** Wants to hear what the server refused. */
  readonly hearsRefusals: boolean;
  onMessages?(numbers: readonly number[]): void;
  onParsed?(number: number, frame: StompFrame): void;
  onReceipt?(receiptId: string): void;
  onRefusal?(body: string): void;
}

export class StompClients implements Disposable {
  readonly #run: LoadRun;
  readonly #settings: StompSettings;
  readonly #seen = new SeenBytes();
  readonly #open = new Set<StompLoadConnection>();
  readonly #silent = new Set<StompLoadConnection>();
  readonly #beats: NodeJS.Timeout;
  #opened = 0;

  constructor(run: LoadRun, settings: StompSettings) {
    this.#run = run;
    this.#settings = settings;
    this.#beats = setInterval(() => this.#beat(), BEAT_EVERY_MILLIS);
  }

  /** Resolves with the open connection, or undefined (counted and noted) where there is none to be had. */
  async open(plan: ClientPlan): Promise<StompLoadConnection | undefined> {
    const index = this.#opened % this.#settings.connections;
    this.#opened += 1;
    this.#run.tally.asked += 1;
    for (let further = 0; ; further += 1) {
      const opened = await this.#openFrom(plan, index, further);
      if (opened !== 'no port') return opened;
    }
  }

  #openFrom(plan: ClientPlan, index: number, further: number): Promise<StompLoadConnection | undefined | 'no port'> {
    const { tally, signal } = this.#run;
    const { subscribingMillis } = this.#settings;
    const begun = performance.now();
    return new Promise((resolve) => {
      let ready = false;
      let stopped = false;
      const stop = (): void => {
        stopped = true;
        connection.cut();
      };
      let tooLate = setTimeout(() => connection.cut(`not open within ${OPENING_MILLIS / 1_000} s`), OPENING_MILLIS);
      const settled = (opened: StompLoadConnection | undefined | 'no port'): void => {
        clearTimeout(tooLate);
        signal.removeEventListener('abort', stop);
        resolve(opened);
      };
      const connection = new StompLoadConnection(this.#optionsOf(plan, index, further), {
        onConnected: () => {
          clearTimeout(tooLate);
          tooLate = setTimeout(() => connection.cut(noReceipt(subscribingMillis)), subscribingMillis);
        },
        onReady: () => {
          ready = true;
          tally.open += 1;
          tally.connect.record(performance.now() - begun);
          this.#open.add(connection);
          settled(connection);
        },
        onClosed: (why) => {
          if (ready) this.#closed(connection, why);
          else if (hasNoPort(this.#settings.target, why, further)) {
            settled('no port');
            return;
          } else if (!stopped && !this.#run.closing) {
            tally.failed += 1;
            tally.because(why);
          }
          settled(undefined);
        },
        onMessages: (numbers) => plan.onMessages?.(numbers),
        ...(plan.onParsed === undefined ? {} : { onParsed: plan.onParsed }),
        onReceipt: (receiptId) => plan.onReceipt?.(receiptId),
        onRefusal: (body) => plan.onRefusal?.(body),
        onBytes: (length) => {
          tally.bytes += length;
        },
        onHeartBeat: () => {
          tally.heartBeats += 1;
        },
      });
      signal.addEventListener('abort', stop, { once: true });
    });
  }

  /** Takes a connection away as if its cable were pulled: no loss to be counted. */
  cut(connection: StompLoadConnection): void {
    if (this.#open.delete(connection)) this.#run.tally.open -= 1;
    this.#silent.delete(connection);
    connection.cut();
  }

  [Symbol.dispose](): void {
    this.#run.closing = true;
    clearInterval(this.#beats);
    for (const connection of this.#open) connection.cut();
    this.#open.clear();
  }

  #closed(connection: StompLoadConnection, why: string): void {
    // Whoever cut it has taken it out before.
    if (!this.#open.delete(connection) || this.#run.closing) return;
    const { tally } = this.#run;
    tally.open -= 1;
    tally.lost += 1;
    tally.because(`lost: ${why}`);
  }

  #beat(): void {
    const now = performance.now();
    for (const connection of this.#open) {
      if (connection.beat(now)) this.#silent.add(connection);
    }
    this.#run.tally.silent = this.#silent.size;
  }

  #optionsOf(plan: ClientPlan, index: number, further: number) {
    const settings = this.#settings;
    const { target, connectHeaders, token } = settings;
    return {
      target,
      localAddress: sourceAddress(target, index, settings.connectionsAnAddress, further),
      headers: connectHeaders.some(([name]) => name === 'login')
        ? connectHeaders
        : [['login', plan.name] as const, ...connectHeaders],
      httpHeaders: settings.httpHeaders,
      authorization: token === undefined ? undefined : `Bearer ${token}`,
      subscriptions: this.#subscriptionsOf(plan),
      receipts: settings.receipts,
      heartBeatMillis: settings.heartBeatMillis,
      stamps: this.#run.stamps,
      seen: this.#seen,
    };
  }

  #subscriptionsOf(plan: ClientPlan): readonly LoadSubscription[] {
    const { subscribeTo, subscribeHeaders, refusalsFrom } = this.#settings;
    const subscriptions: LoadSubscription[] = [];
    if (plan.hearsRefusals && refusalsFrom !== undefined) {
      subscriptions.push({ id: 'refusals', destination: refusalsFrom, headers: [], isForRefusals: true });
    }
    if (plan.subscribes) {
      const headers = [...subscribeHeaders, ...(plan.subscribeHeaders ?? [])];
      subscriptions.push({ id: 'load', destination: subscribeTo, headers, isForRefusals: false });
    }
    return subscriptions;
  }
}

function noReceipt(millis: number): string {
  return `connected, and no RECEIPT of SUBSCRIBE within ${millis / 1_000} s: a server that sends none, such as Spring's simple broker, needs --no-receipts`;
}

/** What a refusal says, short: its code where it is JSON with one. */
export function refusalIn(body: string): string {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === 'object' && parsed !== null && 'code' in parsed && typeof parsed.code === 'string') {
      return parsed.code;
    }
  } catch {
    // Not JSON: said as it is.
  }
  return body.slice(0, 80);
}
