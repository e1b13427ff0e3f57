/** One server that is looked at again and again: what it said last, what it said before, and why it says nothing. */
import { askHttp } from '../wire/http-ask.ts';
import type { Target } from '../wire/target.ts';
import { WireError } from '../wire/wire-error.ts';
import { parsePrometheusText } from './prometheus-text.ts';
import { figuresOf, type Look, type ServerFigures } from './server-figures.ts';

/** Looks that are kept for the charts. */
export const KEPT_LOOKS = 240;

/** Series for charts, oldest first; 0 where there was nothing to say. */
export interface History {
  readonly messages: number[];
  readonly deliveries: number[];
  readonly commit: number[];
  readonly delivery: number[];
}

export class WatchedServer {
  readonly target: Target;
  readonly history: History = { messages: [], deliveries: [], commit: [], delivery: [] };
  readonly #token: string | undefined;
  #last: Look | undefined;
  #figures: ServerFigures | undefined;
  #problem: string | undefined;
  #problemSince = 0;

  constructor(target: Target, token: string | undefined) {
    this.target = target;
    this.#token = token;
  }

  /** Of the last two looks; undefined before the second, and while it does not answer. */
  get figures(): ServerFigures | undefined {
    return this.#figures;
  }

  /** Why there are no figures, in a few words; undefined while the server answers. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** When the problem began, in milliseconds of the monotonic clock. */
  get problemSince(): number {
    return this.#problemSince;
  }

  /** Looks once; never rejects. */
  async look(timeoutMillis: number): Promise<void> {
    try {
      const headers = this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` };
      const answer = await askHttp(this.target, {
        path: '/metrics',
        headers: { 'user-agent': 'rtd-top', ...headers },
        timeoutMillis,
      });
      const samples = parsePrometheusText(answer.body);
      if (answer.status !== 200) this.#failed(`/metrics says ${answer.statusText}`);
      else if (samples.size === 0) this.#failed('/metrics has no metrics');
      else this.#took({ at: performance.now(), samples });
    } catch (error) {
      this.#failed(error instanceof WireError ? wordsFor(error) : String(error));
    }
  }

  #took(look: Look): void {
    this.#problem = undefined;
    this.#figures = this.#last === undefined ? undefined : figuresOf(this.#last, look);
    this.#last = look;
    if (this.#figures !== undefined) this.#remember(this.#figures);
  }

  #failed(problem: string): void {
    if (this.#problem === undefined) this.#problemSince = performance.now();
    this.#problem = problem;
    this.#figures = undefined;
    // Rates over the time that it was away would say nothing.
    this.#last = undefined;
    this.#remember(undefined);
  }

  #remember(figures: ServerFigures | undefined): void {
    const { messages, deliveries, commit, delivery } = this.history;
    for (const [series, value] of [
      [messages, figures?.messagesPerSecond],
      [deliveries, figures?.deliveriesPerSecond],
      [commit, figures?.commit?.p99],
      [delivery, figures?.delivery?.p99],
    ] as const) {
      series.push(value ?? 0);
      if (series.length > KEPT_LOOKS) series.shift();
    }
  }
}

function wordsFor(error: WireError): string {
  return error.reason === 'refused' ? 'nothing listens there' : error.message;
}
