/** Two results side by side: what changed, by how much, and whether that is better. */
import { Chalk, type ColorSupportLevel } from 'chalk';
import type { BenchResult, Latency } from './bench-result.ts';
import { millis, whole } from './result-lines.ts';

/** Changes below this share are taken for noise, and get no verdict. */
const NOISE = 0.05;

export interface Difference {
  readonly what: string;
  readonly before: number;
  readonly now: number;
  /** Now to before, less one: 0.1 is ten percent more. Null where there was nothing before. */
  readonly change: number | null;
  readonly verdict: 'better' | 'worse' | 'same';
}

export interface ResultComparison {
  readonly differences: readonly Difference[];
  /** Options that were not the same, as `connections: 100 before, 200 now`. */
  readonly differentOptions: readonly string[];
  /** Which of the two say more about their client than about the server. */
  readonly clientWasBottleneck: readonly ('before' | 'now')[];
}

/** Compares what both have measured. */
export function compareResults(before: BenchResult, now: BenchResult): ResultComparison {
  const differences: Difference[] = [];
  const add = (what: string, old: number, fresh: number, better: 'more' | 'less'): void => {
    const change = old === 0 ? null : fresh / old - 1;
    const gain = (better === 'more' ? 1 : -1) * (change ?? Math.sign(fresh - old));
    differences.push({
      what,
      before: old,
      now: fresh,
      change,
      verdict: gain > NOISE ? 'better' : gain < -NOISE ? 'worse' : 'same',
    });
  };
  add('acknowledged/s', before.messages.acknowledgedPerSecond, now.messages.acknowledgedPerSecond, 'more');
  add('deliveries/s', before.messages.deliveriesPerSecond, now.messages.deliveriesPerSecond, 'more');
  for (const name of ['connect', 'receipt', 'delivery', 'recovery'] as const) {
    const old: Latency = before.latency[name];
    const fresh: Latency = now.latency[name];
    if (old === null || fresh === null) continue;
    for (const quantile of ['p50', 'p99', 'max'] as const)
      add(`${name} ${quantile} ms`, old[quantile], fresh[quantile], 'less');
  }
  add('connections failed', before.connections.failed, now.connections.failed, 'less');
  add('connections lost', before.connections.lost, now.connections.lost, 'less');
  add('refused', before.messages.refused, now.messages.refused, 'less');
  if (before.verify !== null && now.verify !== null) {
    for (const what of ['lost', 'repeated', 'reordered'] as const)
      add(what, before.verify[what], now.verify[what], 'less');
  }
  add('client CPU, share of a core', before.client.cpu, now.client.cpu, 'less');
  return {
    differences: differences.filter(({ before: old, now: fresh }) => old !== 0 || fresh !== 0),
    differentOptions: differentOptions(before, now),
    clientWasBottleneck: [
      ...(before.client.bottleneck.length > 0 ? (['before'] as const) : []),
      ...(now.client.bottleneck.length > 0 ? (['now'] as const) : []),
    ],
  };
}

function differentOptions(before: BenchResult, now: BenchResult): readonly string[] {
  const old: Readonly<Record<string, unknown>> = { mode: before.mode, url: before.url, ...before.options };
  const fresh: Readonly<Record<string, unknown>> = { mode: now.mode, url: now.url, ...now.options };
  return [...new Set([...Object.keys(old), ...Object.keys(fresh)])]
    .filter((name) => old[name] !== fresh[name])
    .map((name) => `${name}: ${String(old[name] ?? 'not set')} before, ${String(fresh[name] ?? 'not set')} now`);
}

export function comparisonLines(
  { differences, differentOptions, clientWasBottleneck }: ResultComparison,
  level: ColorSupportLevel,
): readonly string[] {
  const colour = new Chalk({ level });
  const row = (what: string, ...cells: readonly string[]): string =>
    `${what.padEnd(28)}${cells.map((cell) => cell.padStart(12)).join('')}`;
  const tone = { better: colour.green, worse: colour.red, same: colour.dim };
  const number = (what: string, value: number): string =>
    what.endsWith(' ms') ? millis(value) : what.startsWith('client') ? value.toFixed(2) : whole(value);
  return [
    colour.dim(row('compared', 'before', 'now', 'change')),
    ...differences.map(
      ({ what, before, now, change, verdict }) =>
        `${row(what, number(what, before), number(what, now))}${tone[verdict]((change === null ? 'new' : percent(change)).padStart(12))}${verdict === 'same' ? '' : `  ${tone[verdict](verdict)}`}`,
    ),
    ...differentOptions.map((difference) => colour.yellow(`asked differently: ${difference}`)),
    ...(clientWasBottleneck.length === 0
      ? []
      : [
          colour.yellow(
            `the client was the bottleneck ${clientWasBottleneck.join(' and ')}: what changed may be the client, or the machine`,
          ),
        ]),
  ];
}

function percent(change: number): string {
  const rounded = (change * 100).toFixed(1);
  return `${change >= 0 ? '+' : ''}${rounded}%`;
}
