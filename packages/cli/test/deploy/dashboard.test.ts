/** The dashboard for Grafana: what it asks for, a server has. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { host } from '../hosted.ts';

const FILE = path.join(import.meta.dirname, '../../../../deploy/grafana/dashboards/rtd.json');
const SOURCES = path.join(import.meta.dirname, '../../../../deploy/grafana/provisioning/datasources/prometheus.yml');

const Target = z.object({ refId: z.string(), expr: z.string(), datasource: z.object({ uid: z.string() }) });
const Dashboard = z.object({
  uid: z.string(),
  title: z.string(),
  panels: z.array(z.object({ id: z.int(), title: z.string(), targets: z.array(Target).min(1) })).min(1),
});

const dashboard = Dashboard.parse(JSON.parse(readFileSync(FILE, 'utf8')));
const expressions = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
const named = new Set(expressions.flatMap((expr) => expr.match(/\brtd_\w+/g) ?? []));

test('every query names a metric that there is, and every metric but the odd ones is on it', async () => {
  await using server = await host();
  const text = await (await fetch(`${server.url}/metrics`)).text();
  const kinds = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', kind = '']) => [name, kind]));
  const series = [...kinds].flatMap(([name, kind]) =>
    kind === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
  );
  expect(named.size).toBeGreaterThan(10);
  expect(series).toEqual(expect.arrayContaining([...named]));
  const shown = [...kinds.keys()].filter((name) => [...named].some((each) => each.startsWith(name)));
  const odd = ['rtd_server_info', 'rtd_connections_total', 'rtd_market_symbols', 'rtd_market_subscribers'];
  expect([...shown, ...odd].toSorted()).toEqual([...kinds.keys()].toSorted());
});

test('a counter is asked for its rate, and brackets are closed', () => {
  for (const expr of expressions) {
    for (const [, counter] of expr.matchAll(/\b(rtd_\w+_(?:total|count|sum|bucket))\b/g))
      expect(expr).toMatch(new RegExp(`rate\\(${counter}\\[1m\\]\\)`));
    for (const [open = '', close = ''] of ['()', '[]', '{}'].map((pair) => [...pair]))
      expect(expr.split(open).length, expr).toBe(expr.split(close).length);
  }
});

test('panels are told apart, and all ask the source that is provisioned', () => {
  const ids = dashboard.panels.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  const uids = new Set(dashboard.panels.flatMap(({ targets }) => targets.map(({ datasource }) => datasource.uid)));
  for (const uid of uids) expect(readFileSync(SOURCES, 'utf8')).toContain(`uid: ${uid}\n`);
});
