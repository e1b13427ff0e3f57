import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { Tick } from '@rtd/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type Hosted, host } from './hosted.ts';
import { newFolder, rtd } from './running.ts';

let server: Hosted;
let env: Record<string, string>;
beforeAll(async () => {
  server = await host();
  env = { RTD_URL: server.url };
});
afterAll(() => server[Symbol.asyncDispose]());

const snapshot = async (): Promise<Tick[]> =>
  Tick.array().parse(await (await fetch(`${server.url}/api/market/snapshot`)).json());

test('--file feeds a CSV at its own pace, and reports bad lines with number and reason', async () => {
  const file = path.join(newFolder(), 'ticks.csv');
  const rows = ['09:00:00Z,CSV,1', '09:00:00Z,CSV,many', '09:00:00Z,C V,1', '09:00:01.500Z,CSV,2'];
  writeFileSync(file, ['timestamp,symbol,price', ...rows.map((row) => `2026-03-02T${row}`)].join('\n'));
  const began = performance.now();
  const { code, stdout, stderr } = await rtd(['simulate', '--file', file], { env });
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(performance.now() - began).toBeGreaterThan(1_500);
  expect(stderr).toMatch(
    /^rtd: Line 3 is left out: price: "many" is no number\.\nrtd: Line 4 is left out: symbol: [^\n]+\n/,
  );
  expect(stderr).toMatch(/rtd: 2 ticks in /);
  const tick = (await snapshot()).find(({ symbol }) => symbol === 'CSV');
  expect(tick).toMatchObject({ price: 2, change: 1 });
  expect(Date.parse(tick?.timestamp ?? '')).toBeGreaterThan(Date.now() - 60_000);
});

test('what rtd replay market prints can be fed again, with the times it had', async () => {
  const input = ['1', '2', '3'].map(
    (price) => `{"symbol":"AGAIN","price":${price},"timestamp":"2026-03-02T09:00:0${price}.000Z"}`,
  );
  const words = ['simulate', '--file', '-', '--speed', 'max', '--keep-time'];
  expect(await rtd(words, { env, input: input.join('\n') })).toMatchObject({ code: 0 });
  expect((await snapshot()).find(({ symbol }) => symbol === 'AGAIN')).toMatchObject({
    price: 3,
    timestamp: '2026-03-02T09:00:03.000Z',
  });
});

test('--duration takes units, and --scenario a shock', async () => {
  const words = ['simulate', '--scenario', 'open', '--symbols', 'BTC', '--rate', '100', '--duration', '500ms'];
  const { code, stderr } = await rtd(words, { env });
  expect(code).toBe(0);
  expect(stderr).toMatch(/^rtd: [45]\d ticks in /);
});

test('--json: a line a second while it goes, and one for all of it', async () => {
  const words = ['simulate', '--json', '--symbols', 'BTC', '--rate', '100', '--duration', '2500ms'];
  const { code, stdout, stderr } = await rtd(words, { env });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const lines: unknown[] = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const Rate = z.strictObject({
    kind: z.literal('rate'),
    at: z.iso.datetime(),
    ticksPerSecond: z.number().positive(),
    ticks: z.int().positive(),
    millisPerRequest: z.number().positive(),
  });
  const total = z
    .strictObject({
      kind: z.literal('total'),
      at: z.iso.datetime(),
      ticks: z.int(),
      seconds: z.number(),
      ticksPerSecond: z.number(),
      badLines: z.literal(0),
    })
    .parse(lines.pop());
  const [first] = Rate.array().min(1).parse(lines);
  expect(first?.ticks).toBeLessThan(total.ticks);
  expect(total.ticks).toBeGreaterThan(200);
  expect(total.ticksPerSecond).toBeCloseTo(total.ticks / total.seconds, 0);
});

test.each<[string[], number, RegExp]>([
  [['--file', '/nowhere/ticks.csv'], 1, /there is none.*CSV or NDJSON/],
  [['--file', '/'], 1, /it is a folder/],
  [['--keep-time'], 2, /--file/],
  [['--scenario', 'boom'], 2, /crash, rally, open/],
  [['--file', '-', '--scenario', 'crash'], 2, /--scenario/],
  [['--duration', '2 weeks'], 2, /--duration takes a time/],
  [['--brokers', 'localhost'], 2, /--brokers takes host:port/],
  [['--brokers', '127.0.0.1:49151'], 1, /Kafka does not answer at 127\.0\.0\.1:49151.*--brokers/],
])('rtd simulate %j is refused with %d', async (words, exit, says) => {
  const { code, stdout, stderr } = await rtd(['simulate', ...words], { env });
  expect({ code, stdout }).toEqual({ code: exit, stdout: '' });
  expect(stderr).toMatch(says);
});
