/** What a running load test shows: a line that is renewed in place on a terminal, with the last seconds as bars. */
import { stripVTControlCharacters } from 'node:util';
import { barSparkline } from '@rtd/tui/sparkline';
import { Chalk, type ColorSupportLevel } from 'chalk';
import type { LoadRun } from './load-run.ts';
import { millis, whole } from './result-lines.ts';

const BARS = 16;

export class LiveLine {
  readonly #run: LoadRun;
  readonly #colour;
  readonly #rates: number[] = [];
  #before: { readonly at: number; readonly sent: number; readonly acknowledged: number; readonly deliveries: number };

  constructor(run: LoadRun, level: ColorSupportLevel, now: number) {
    this.#run = run;
    this.#colour = new Chalk({ level });
    this.#before = { at: now, sent: 0, acknowledged: 0, deliveries: 0 };
  }

  /** The line for what has happened since the last one, of fewer than `columns`; `now` in milliseconds of the monotonic clock. */
  next(now: number, columns: number): string {
    return fitting(this.#parts(now), columns - 1);
  }

  #parts(now: number): readonly string[] {
    const { tally, phase, startedAt } = this.#run;
    const { asked, open, failed, lost, sent, acknowledged, deliveries } = tally;
    const seconds = Math.max(0.001, (now - this.#before.at) / 1_000);
    const rate = (count: number, before: number): number => (count - before) / seconds;
    const rates = {
      sent: rate(sent, this.#before.sent),
      acknowledged: rate(acknowledged, this.#before.acknowledged),
      deliveries: rate(deliveries, this.#before.deliveries),
    };
    this.#before = { at: now, sent, acknowledged, deliveries };
    const troubles = failed + lost === 0 ? [] : [this.#colour.red(`${whole(failed)} failed, ${whole(lost)} lost`)];
    if (phase === 'connecting') return [`connecting: ${whole(open)} open of ${whole(asked)} begun`, ...troubles];
    const main = deliveries > 0 ? rates.deliveries : rates.acknowledged;
    this.#rates.push(main);
    if (this.#rates.length > BARS) this.#rates.shift();
    const parts = [`${((now - startedAt) / 1_000).toFixed(0)} s`.padStart(5), `${whole(open)} open`];
    if (sent > 0) parts.push(`${whole(rates.sent)} sent/s`, `${whole(rates.acknowledged)} acknowledged/s`);
    if (deliveries > 0) parts.push(this.#colour.bold(`${whole(rates.deliveries)} deliveries/s`));
    const latency = tally.delivery.count > 0 ? tally.delivery : tally.receipt;
    if (latency.count > 0) parts.push(`p50 ${millis(latency.quantile(0.5))} p99 ${millis(latency.quantile(0.99))} ms`);
    if (tally.refused > 0) parts.push(this.#colour.red(`${whole(tally.refused)} refused`));
    parts.push(...troubles);
    if (phase === 'draining') parts.push('waiting for the rest');
    else if (this.#rates.length > 1 && main > 0) parts.push(this.#colour.cyan(barSparkline(this.#rates, BARS)));
    return parts;
  }
}

/** As many of the parts, from the first on, as there is room for: a line that wraps cannot be renewed in place. */
function fitting(parts: readonly string[], columns: number): string {
  let line = '';
  let width = 0;
  for (const part of parts) {
    const more = stripVTControlCharacters(part).length + (line === '' ? 0 : 2);
    if (width + more > columns) break;
    line += `${line === '' ? '' : '  '}${part}`;
    width += more;
  }
  return line;
}
