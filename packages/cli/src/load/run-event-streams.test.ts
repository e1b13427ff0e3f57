import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { parseTarget } from '../wire/target.ts';
import { LoadRun } from './load-run.ts';
import { runEventStreams } from './run-event-streams.ts';

const NO_FIGURES = { cpu: 0, loopUtilization: 0, loopDelayP99: 0, loopDelayMax: 0, memoryMegabytes: 0 };

test('what waits for the answer of a slow server is no lateness of the client', async () => {
  const streams = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    if (request.method === 'GET') {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      streams.add(response);
      return;
    }
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', async () => {
      for (const stream of streams) stream.write(`data: ${body}\n\n`);
      await sleep(60);
      response.writeHead(204).end();
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const run = new LoadRun({
    signal: new AbortController().signal,
    meter: { restart: () => {}, figures: () => NO_FIGURES, [Symbol.dispose]: () => {} },
    random: () => 0.5,
  });
  await runEventStreams(run, {
    target: parseTarget(`http://127.0.0.1:${port}`),
    connections: 1,
    durationMillis: 200,
    verify: false,
    token: undefined,
    connectsPerSecond: Number.POSITIVE_INFINITY,
    connectionsAnAddress: 1_000,
    atOnce: 1,
    subscribingMillis: 1_000,
    drainMillis: 2_000,
    path: '/events',
    headers: [],
    rate: 50,
    publish: { path: '/publish', contentType: 'text/plain', body: '{payload}', lines: false },
    size: 16,
  });
  server.closeAllConnections();
  server.close();
  const { sent, acknowledged, deliveries, receipt, lateness } = run.tally;
  expect({ sent, acknowledged, deliveries }).toEqual({ sent: 10, acknowledged: 10, deliveries: 10 });
  // Ten answers of 60 ms, asked for every 20 ms: the fifth comes 220 ms after its message was due.
  expect(receipt.quantile(0.5)).toBeGreaterThan(200);
  expect(lateness.quantile(0.5)).toBeLessThan(receipt.quantile(0.5) / 2);
});
