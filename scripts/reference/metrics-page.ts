import { MADE, table } from './table.ts';

/** `text` is Prometheus' own format. What every Node program tells of itself is left out. */
export function metricsPage(text: string): string {
  const types = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => [name, type]));
  const rows = [...text.matchAll(/^# HELP (rtd_\S+) (.*)$/gm)].map(([, name = '', help = '']) => [
    `\`${name}\``,
    types.get(name) ?? '',
    help,
  ]);
  return `# Metrics

${MADE}

\`GET /metrics\`, in Prometheus' text format. Histograms have \`_bucket\`, \`_sum\` and \`_count\`.

${table(['name', 'kind', 'what'], rows)}
`;
}
