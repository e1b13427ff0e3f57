/** Results as a table for people. */
import { availableParallelism, cpus, loadavg } from 'node:os';
import type { Benchmark, BenchmarkResult, Row } from './benchmark.ts';

/**
 * What the numbers were measured on: `Node v24.1.0, linux x64, 2 cores (Some CPU), load 0.3`. With a load near the number
 * of cores and above, latencies and figures by the clock say more about the machine than about the contenders.
 */
export function machine(): string {
  const load = loadavg()[0]?.toFixed(1) ?? 'unknown';
  const model = cpus()[0]?.model.trim() ?? 'unknown CPU';
  return `Node ${process.version}, ${process.platform} ${process.arch}, ${availableParallelism()} cores (${model}), load ${load}`;
}

export function formatResult(benchmark: Benchmark, result: BenchmarkResult): string {
  const cells = result.rows.map((row) => [
    row.what,
    `${amount(row.ours)} ${row.unit}`,
    row.naive === undefined ? '' : `${amount(row.naive)} ${row.unit}`,
    row.comparison,
    verdict(row),
  ]);
  const table = [['', 'ours', 'naive', 'ours to naive', 'target'], ...cells];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...table.map((line) => line[column]?.length ?? 0)));
  const lines = table.map((line) =>
    line
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('   ')
      .trimEnd(),
  );
  // Left out: a note says why.
  if (cells.length === 0) lines.length = 0;
  const notes = [`naive: ${benchmark.naive}`, ...result.notes];
  return [benchmark.title, ...lines.map((line) => `  ${line}`), ...notes.map((note) => `  (${note})`), ''].join('\n');
}

function verdict({ target }: Row): string {
  return target === undefined ? '' : `${target.text} ${target.met ? 'met' : 'MISSED'}`;
}

function amount(value: number): string {
  const digits = value >= 100 || Number.isInteger(value) ? 0 : 2;
  return value.toLocaleString('en-US', { maximumFractionDigits: digits, minimumFractionDigits: digits });
}
