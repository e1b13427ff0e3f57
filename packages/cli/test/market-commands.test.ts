import { Tick } from '@rtd/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Hosted, host } from './hosted.ts';
import { rtd, serve, start } from './running.ts';

let server: Hosted;
let env: Record<string, string>;
beforeAll(async () => {
  server = await host();
  env = { RTD_URL: server.url };
});
afterAll(() => server[Symbol.asyncDispose]());

const snapshot = async (): Promise<Tick[]> =>
  Tick.array().parse(await (await fetch(`${server.url}/api/market/snapshot`)).json());

test('rtd simulate brings the prices that were asked for, at the rate, and says so', async () => {
  const { code, stdout, stderr } = await rtd(['simulate', '--symbols', 'BTC,OIL', '--rate', '500', '--duration', '2'], {
    env,
  });
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  const [, ticks = ''] = /(\d+) ticks in [\d.]+ s that is [\d]+ ticks\/s/.exec(stderr.replaceAll(',', '')) ?? [];
  expect(Number(ticks)).toBeGreaterThan(800);
  expect(Number(ticks)).toBeLessThanOrEqual(1_010);
  expect((await snapshot()).map(({ symbol }) => symbol).toSorted()).toEqual(['BTC', 'OIL']);
});

test('the same seed gives the same prices, and none goes on from where the market stands', async () => {
  const prices = async (...words: string[]): Promise<number[]> => {
    await using watch = start(['watch', 'market', '--json', '--symbols', 'SAME'], { env });
    await expect
      .poll(async () => (await fetch(`${server.url}/api/websocket/health`)).text(), { timeout: 15_000 })
      .toContain('"sseConnections":1');
    await rtd(['simulate', '--symbols', 'SAME', '--rate', '40', '--duration', '0.5', ...words], { env });
    const { price } = (await snapshot()).find(({ symbol }) => symbol === 'SAME') ?? { price: 0 };
    await watch.until(new RegExp(`"price":${price},`));
    return watch.stdout
      .trimEnd()
      .split('\n')
      .map((line) => Tick.parse(JSON.parse(line)).price);
  };
  const first = await prices('--seed', 'x');
  // The second watch begins with where the first market ended.
  const [last, ...second] = await prices('--seed', 'x');
  expect(last).toBe(first.at(-1));
  expect(first.length).toBeGreaterThan(10);
  const same = Math.min(first.length, second.length);
  expect(second.slice(0, same)).toEqual(first.slice(0, same));
});

test('rtd watch market prints what there is, then what comes; | head -1 ends it, quietly', async () => {
  await rtd(['simulate', '--symbols', 'BTC', '--rate', '100', '--duration', '0.3'], { env });
  await using simulate = start(['simulate', '--symbols', 'BTC', '--rate', '50'], { env });
  await using watch = start(['watch', 'market', '--symbols', 'BTC'], { env });
  await watch.until(/^\d\d:\d\d:\d\d BTC +[\d,]+\.\d\d +[+-]\d+\.\d\d%\n/);
  watch.child.stdout.destroy();
  expect(await watch.ended).toMatchObject({ code: 0, stderr: '' });
  simulate.child.kill('SIGINT');
  expect((await simulate.ended).code).toBe(130);
});

test('when the server is away, simulate and watch wait for it and go on', async () => {
  await using first = await serve();
  const { port } = new URL(first.url);
  const there = { RTD_URL: first.url };
  await using simulate = start(['simulate', '--symbols', 'BTC', '--rate', '50'], { env: there });
  await using watch = start(['watch', 'market', '--json'], { env: there });
  await watch.until(/BTC/);
  first.child.kill('SIGKILL');
  await first.ended;
  await simulate.until(/rtd: [^\n]*Next try in \d+ s\.\n/);
  await watch.until(/rtd: [^\n]*Next try in \d+ s\.\n/);
  await using second = await serve({ port: Number(port), dataDir: first.dataDir });
  await simulate.until(/The server is back/);
  await watch.until(/Connected again/);
  const seen = watch.stdout.length;
  await expect.poll(() => watch.stdout.length, { timeout: 10_000 }).toBeGreaterThan(seen);
  const times = watch.stdout
    .trimEnd()
    .split('\n')
    .map((line) => Tick.parse(JSON.parse(line)).timestamp);
  expect(times).toEqual(times.toSorted());
  expect(second.url).toBe(first.url);
}, 40_000);

test('rtd simulate --wait waits for a server that is not there yet', async () => {
  const later = await serve();
  const { port } = new URL(later.url);
  later.child.kill('SIGKILL');
  await later.ended;
  await using simulate = start(['simulate', '--wait', '--symbols', 'BTC', '--duration', '0.5'], {
    env: { RTD_URL: later.url },
  });
  await simulate.until(/nothing listens there.*Next try/);
  await using server = await serve({ port: Number(port) });
  expect((await simulate.ended).code).toBe(0);
  expect(server.url).toBe(later.url);
});
