/** Prometheus' text format (version 0.0.4) to samples. Lines that do not fit are left out: a new server may say more. */

export interface Sample {
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
}

/** By the name of the metric. */
export type Samples = ReadonlyMap<string, readonly Sample[]>;

const LINE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})?[ \t]+(\S+)(?:[ \t]+-?\d+)?$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)",?/g;

export function parsePrometheusText(text: string): Samples {
  const samples = new Map<string, Sample[]>();
  for (const line of text.split('\n')) {
    const [, name, labels = '', number = ''] = LINE.exec(line.trim()) ?? [];
    const value = numberOf(number);
    if (name === undefined || value === undefined) continue;
    const sample: Sample = { labels: labelsOf(labels), value };
    const others = samples.get(name);
    if (others === undefined) samples.set(name, [sample]);
    else others.push(sample);
  }
  return samples;
}

function numberOf(text: string): number | undefined {
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  if (text === '-Inf') return Number.NEGATIVE_INFINITY;
  const value = Number(text);
  return text === '' || Number.isNaN(value) ? undefined : value;
}

function labelsOf(text: string): ReadonlyMap<string, string> {
  const labels = new Map<string, string>();
  for (const [, name = '', value = ''] of text.matchAll(LABEL)) {
    labels.set(
      name,
      value.replace(/\\(.)/g, (_escape, character: string) => (character === 'n' ? '\n' : character)),
    );
  }
  return labels;
}
