/** Each metric, seen to move by what it is there to tell of. */
import { once } from 'node:events';
import { limitsWith } from '@rtd/protocol';
import { expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { ask, dial, eventually, startTestServer } from '../server/test-server.ts';
import { series } from './scrape.ts';

const post = (server: { port: number }, body: object, user = 'ann') =>
  ask(server, '/api/chat/messages', { body: JSON.stringify(body), headers: { 'x-user-id': user } });

/** The lines of /metrics that name clients. */
async function slowClients(server: { port: number }): Promise<string[]> {
  const { text } = await ask(server, '/metrics');
  return text.split('\n').filter((line) => line.startsWith('rtd_slow_client_queued_bytes'));
}

/** Ticks in plenty, until `enough`. */
async function flood(server: { port: number }, enough: () => Promise<boolean>): Promise<void> {
  for (let round = 0; round < 400 && !(await enough()); round += 1) {
    const ticks = Array.from({ length: 500 }, (_, index) => ({ symbol: `S${index}`, price: round + 1 }));
    await ask(server, '/api/market/ticks', { body: JSON.stringify(ticks) });
  }
  expect(await enough()).toBe(true);
}

it('messages by result: committed, repeated, and refused by the code of the refusal', async () => {
  const server = await startTestServer({ limits: limitsWith({ MESSAGES_PER_SECOND: 1, MESSAGE_BURST: 2 }) });
  await post(server, { content: 'x', clientMessageId: 'one' });
  await post(server, { content: 'x', clientMessageId: 'one' });
  expect((await post(server, { content: 'too soon' })).status).toBe(429);
  expect((await post(server, { content: 'not mine', conversationId: 'dm:somebody-elses' }, 'eve')).status).toBe(403);
  expect(await series(server, 'rtd_messages_committed_total')).toBe(1);
  expect(await series(server, 'rtd_messages_repeated_total')).toBe(1);
  expect(await series(server, 'rtd_messages_refused_total{code="RATE_LIMITED"}')).toBe(1);
  expect(await series(server, 'rtd_messages_refused_total{code="FORBIDDEN"}')).toBe(1);
  expect(await series(server, 'rtd_messages_refused_total{code="RATE_LIMITED"}')).toBe(1);
});

it('a commit: how many changes it had, and how long it took', async () => {
  const server = await startTestServer();
  await Promise.all(['ann', 'bob', 'cem'].map((user) => post(server, { content: 'x' }, user)));
  expect(await series(server, 'rtd_commit_batch_size_sum')).toBeGreaterThanOrEqual(3);
  expect(await series(server, 'rtd_commit_seconds_sum')).toBeGreaterThan(0);
});

it('a delivery: how long after the first word of it', async () => {
  const server = await startTestServer();
  const poll = ask(server, '/api/chat/poll?conversationId=global&after=0&wait=10');
  await eventually(() => series(server, 'rtd_live_conversations')).toBe(1);
  await post(server, { content: 'x' });
  expect((await poll).json()).toMatchObject({ messages: [{ content: 'x' }] });
  expect(await series(server, 'rtd_hint_to_delivery_seconds_count')).toBe(1);
  expect(await series(server, 'rtd_hint_to_delivery_seconds_sum')).toBeLessThan(5);
});

it('what waits for a client that does not read: an event stream', async () => {
  const server = await startTestServer();
  const socket = dial(server);
  socket.write('GET /stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
  await once(socket, 'data');
  socket.pause();
  const queued = () => series(server, 'rtd_fan_out_queue_bytes{to="sse"}');
  expect(await queued()).toBe(0);
  await flood(server, async () => Number(await queued()) > 0);
  expect(await series(server, 'rtd_fan_out_queue_bytes{to="stomp"}')).toBe(0);
  const [slow, ...others] = await slowClients(server);
  expect(slow).toMatch(/^rtd_slow_client_queued_bytes\{transport="sse",user="guest-[0-9a-f]+"\} \d{5,}$/);
  expect(others).toEqual([]);
  socket.destroy();
  await eventually(queued).toBe(0);
});

it('what waits for a client that does not read: a STOMP connection', async () => {
  const server = await startTestServer();
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/ws`);
  onTestFinished(() => socket.terminate());
  await once(socket, 'open');
  socket.send('CONNECT\naccept-version:1.2\nhost:x\nX-User-Id:snail\n\n\0');
  await once(socket, 'message');
  socket.send('SUBSCRIBE\nid:1\ndestination:/topic/market\nreceipt:r\n\n\0');
  await once(socket, 'message');
  socket.pause();
  const queued = () => series(server, 'rtd_fan_out_queue_bytes{to="stomp"}');
  await flood(server, async () => Number(await queued()) > 0);
  const [slow, ...others] = await slowClients(server);
  expect(slow).toBe(
    `rtd_slow_client_queued_bytes{transport="websocket",user="snail"} ${await series(server, 'rtd_fan_out_queue_bytes{to="stomp"}')}`,
  );
  expect(others).toEqual([]);
  socket.terminate();
  await eventually(queued).toBe(0);
  expect(await slowClients(server)).toEqual([]);
});

it('a loop that was held up', async () => {
  const server = await startTestServer();
  // What is measured is measured between two beats of 10 ms.
  await new Promise((resolve) => setTimeout(resolve, 30));
  for (const until = performance.now() + 300; performance.now() < until; );
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(await series(server, 'rtd_event_loop_lag_seconds{quantile="1"}')).toBeGreaterThan(0.2);
});

it('connections by transport, open and ever', async () => {
  const server = await startTestServer();
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/ws`);
  await once(socket, 'open');
  expect((await ask(server, '/ws/000/session/xhr', { method: 'POST' })).text).toBe('o\n');
  expect(await series(server, 'rtd_connections{transport="websocket"}')).toBe(1);
  expect(await series(server, 'rtd_connections_total{transport="websocket"}')).toBe(1);
  expect(await series(server, 'rtd_connections{transport="sockjs-xhr-polling"}')).toBe(1);
  socket.terminate();
  await eventually(() => series(server, 'rtd_connections{transport="websocket"}')).toBe(0);
  expect(await series(server, 'rtd_connections_total{transport="websocket"}')).toBe(1);
});

it('no lag of Kafka where there is no Kafka', async () => {
  const server = await startTestServer();
  expect((await ask(server, '/metrics')).text).not.toMatch(/^rtd_kafka_lag_records\{/m);
});
