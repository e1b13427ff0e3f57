import { Tick } from '@rtd/protocol';
import { expect, inject, test } from 'vitest';
import { rtd, serve, start } from './running.ts';

test('rtd simulate --brokers feeds every server that follows the topic, and goes on from the prices there are', async () => {
  const brokers = inject('kafkaBrokers') ?? '';
  const symbol = `S${process.pid}`;
  await using server = await serve({ env: { RTD_KAFKA_BROKERS: brokers } });
  await using watch = start(['watch', 'market', '--json', '--symbols', symbol], { env: { RTD_URL: server.url } });
  const streams = async (): Promise<string> => (await fetch(`${server.url}/metrics`)).text();
  await expect.poll(streams, { timeout: 30_000 }).toMatch(/^rtd_sse_connections 1$/m);
  const words = ['simulate', '--brokers', brokers, '--symbols', symbol, '--rate', '50', '--duration', '2s'];
  // Nothing of a server is asked for: this address has none.
  const env = { RTD_URL: 'http://127.0.0.1:49151' };
  const first = await rtd(words, { env });
  expect(first).toMatchObject({ code: 0, stdout: '' });
  const [, sent] = /^rtd: (9\d|10[01]) ticks in /.exec(first.stderr) ?? [first.stderr];
  const count = (): number => watch.stdout.split('\n').length - 1;
  await expect.poll(count, { timeout: 30_000 }).toBe(Number(sent));
  const priceOf = (line: string | undefined): number => Tick.parse(JSON.parse(line ?? '')).price;
  const last = priceOf(watch.stdout.trimEnd().split('\n').at(-1));
  const seen = count();
  expect((await rtd([...words, '--volatility', '0'], { env })).code).toBe(0);
  await expect.poll(count, { timeout: 30_000 }).toBeGreaterThan(seen + 80);
  expect(priceOf(watch.stdout.split('\n')[seen])).toBe(last);
}, 90_000);
