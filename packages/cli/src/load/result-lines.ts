/** The result of a load test as people read it: one table, what was verified, and whether the client was in the way. */
import { safeText } from '@rtd/tui/safe-text';
import { Chalk, type ChalkInstance, type ColorSupportLevel } from 'chalk';
import { type BenchResult, foundFaults, type Latency } from './bench-result.ts';

const QUANTILES = ['p50', 'p90', 'p99', 'p999', 'max'] as const;

const LATENCIES = [
  ['connect', 'connect'],
  ['receipt', 'sent to acknowledged'],
  ['delivery', 'sent to delivered'],
  ['recovery', 'cut to back again'],
] as const satisfies readonly (readonly [keyof BenchResult['latency'], string])[];

/** Without a line break at the end. */
export function resultLines(result: BenchResult, level: ColorSupportLevel): readonly string[] {
  const colour = new Chalk({ level });
  const { mode, url, seconds, interrupted } = result;
  const head = `${colour.bold(`rtd bench ${mode}`)}  ${safeText(url)}  ${seconds.toFixed(1)} s${interrupted ? colour.yellow('  interrupted: this is what was measured so far') : ''}`;
  return [
    head,
    '',
    ...countLines(result, colour),
    '',
    ...latencyLines(result, colour),
    ...verdictLines(result, colour),
    clientLine(result, colour),
    ...result.reasons.map(({ reason, count }) => `${label('')}${whole(count)} x ${safeText(reason)}`),
    ...result.notes.map((note) => colour.dim(`${label('')}${safeText(note)}`)),
  ];
}

function countLines({ connections, messages, mode, options }: BenchResult, colour: ChalkInstance): readonly string[] {
  const bad = (count: number, word: string): string =>
    count === 0 ? `0 ${word}` : colour.red(`${whole(count)} ${word}`);
  const { open, failed, lost, silent, heartBeats } = connections;
  const lines = [
    `${label('connections')}${whole(open)} open, ${bad(failed, 'failed')}, ${bad(lost, 'lost')}${silent === 0 ? '' : `, ${bad(silent, 'without heart-beats')}`}${mode === 'idle' ? `, ${whole(heartBeats)} heart-beats` : ''}`,
  ];
  const { sent, sentPerSecond, acknowledged, refused, deliveries, deliveriesPerSecond, strangers } = messages;
  if (sent > 0) {
    lines.push(
      options.receipts === false
        ? `${label('messages')}${whole(sent)} sent (${whole(sentPerSecond)}/s), no receipts asked for`
        : `${label('messages')}${whole(sent)} sent (${whole(sentPerSecond)}/s), ${whole(acknowledged)} acknowledged (${whole(messages.acknowledgedPerSecond)}/s), ${bad(refused, 'refused')}`,
    );
  }
  if (deliveries > 0 || (sent > 0 && mode !== 'send')) {
    lines.push(
      `${label('deliveries')}${whole(deliveries)} (${colour.bold(`${whole(deliveriesPerSecond)}/s`)}, ${messages.megabytesPerSecond.toFixed(1)} MB/s)`,
    );
  }
  if (strangers > 0) lines.push(`${label('')}${whole(strangers)} that were not of this run`);
  return lines;
}

function latencyLines({ latency }: BenchResult, colour: ChalkInstance): readonly string[] {
  const rows = LATENCIES.flatMap(([name, words]) => {
    const measured = latency[name];
    return measured === null ? [] : [[words, ...QUANTILES.map((quantile) => millis(measured[quantile]))]];
  });
  if (rows.length === 0) return [];
  const table = [['milliseconds', 'p50', 'p90', 'p99', 'p99.9', 'max'], ...rows];
  return [...table.map((cells, index) => (index === 0 ? colour.dim(tableRow(cells)) : tableRow(cells))), ''];
}

function tableRow([first = '', ...cells]: readonly string[]): string {
  return `${first.padEnd(22)}${cells.map((cell) => cell.padStart(11)).join('')}`;
}

function verdictLines(result: BenchResult, colour: ChalkInstance): readonly string[] {
  const { verify, options } = result;
  const kind = options.receipts === false ? 'sent' : 'acknowledged';
  if (verify === null) return [];
  const { lost, repeated, reordered, acknowledged, clients, unacknowledged, missingUnacknowledged } = verify;
  const text = `${whole(lost)} lost, ${whole(repeated)} repeated, ${whole(reordered)} reordered`;
  const of = `${whole(acknowledged)} ${kind} message${acknowledged === 1 ? '' : 's'} to ${whole(clients)} client${clients === 1 ? '' : 's'}`;
  const lines = [`${label('verified')}${foundFaults(result) ? colour.red(text) : colour.green(text)}, of ${of}`];
  if (lost > 0) {
    lines.push(
      `${label('')}${whole(verify.messagesWithLoss)} of them did not reach ${whole(verify.clientsWithLoss)} of the clients`,
    );
  }
  if (unacknowledged > 0) {
    lines.push(
      `${label('')}${whole(unacknowledged)} were never acknowledged; ${whole(missingUnacknowledged)} deliveries of them never came (not counted as lost)`,
    );
  }
  return [...lines, ...verify.examples.map((example) => colour.red(`${label('')}${example}`))];
}

function clientLine({ client, latency }: BenchResult, colour: ChalkInstance): string {
  const { cpu, loopDelayP99, memoryMegabytes, bottleneck } = client;
  const figures = `${Math.round(cpu * 100)}% of a core, event loop late by ${millis(loopDelayP99)} ms (p99)${lateness(latency.lateness)}, ${Math.round(memoryMegabytes)} MB`;
  if (bottleneck.length === 0) return `${label('this client')}${figures}: not the bottleneck`;
  return `${label('this client')}${figures}\n${colour.yellow(
    `${label('')}THE CLIENT WAS THE BOTTLENECK: ${bottleneck.join('; ')}. The server may do better than these numbers.`,
  )}`;
}

function lateness(measured: Latency): string {
  return measured === null ? '' : `, sent ${millis(measured.p99)} ms late (p99)`;
}

function label(text: string): string {
  return text.padEnd(14);
}

export function whole(value: number): string {
  return value !== 0 && Math.abs(value) < 10 && !Number.isInteger(value)
    ? value.toFixed(1)
    : Math.round(value).toLocaleString('en-US');
}

/** `0.214`, `3.52`, `48.1`, `1,204`: three digits that count. */
export function millis(value: number): string {
  const digits = value < 1 ? 3 : value < 10 ? 2 : value < 100 ? 1 : 0;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
