/** What an outlet over a real socket promises. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { createTopic } from '../../src/fan-out/fan-out-topic.ts';
import { SocketOutlet, SocketWriter } from '../../src/fan-out/socket-outlet.ts';
import { ManualClock } from '../manual-clock.ts';
import { turn } from './recording-outlet.ts';

/** More than two kernel buffers take. */
const TOO_MUCH = Buffer.alloc(32 * 1024 * 1024, 'x');

let server: Server;
const sockets: Socket[] = [];

beforeEach(async () => {
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server.close();
  await once(server, 'close');
});

/** A pair of connected sockets: the server's, and the peer's, which reads nothing yet. */
async function pair(): Promise<{ ours: Socket; peer: Socket }> {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening');
  const peer = connect(address.port, '127.0.0.1').pause();
  const [[ours]] = await Promise.all([once(server, 'connection'), once(peer, 'connect')]);
  sockets.push(ours, peer);
  return { ours, peer };
}

function newOutlet(
  socket: Socket,
  writer = new SocketWriter({ clock: systemClock, stallMillis: 20_000 }),
): SocketOutlet {
  const outlet = new SocketOutlet(socket, writer);
  socket.on('close', () => outlet.ended());
  return outlet;
}

/** Has the peer read so many bytes. */
async function read(peer: Socket, bytes: number): Promise<void> {
  peer.resume();
  while (peer.bytesRead < bytes) await turn();
}

it('writes nothing within the turn, and everything of the turn at its end, in order, in one call', async () => {
  const { ours, peer } = await pair();
  const outlet = newOutlet(ours);
  // Each call of these is one to the system.
  const calls = [vi.spyOn(ours, '_write'), vi.spyOn(ours, '_writev')];
  let got = '';
  peer.on('data', (chunk) => {
    got += String(chunk);
  });
  peer.resume();
  for (const piece of ['one ', 'two ', 'three']) outlet.write(Buffer.from(piece));
  expect(outlet.queuedBytes).toBe(13);
  expect(ours.bytesWritten).toBe(0);
  await turn();
  expect(outlet.queuedBytes).toBe(0);
  while (got.length < 13) await turn();
  expect(got).toBe('one two three');
  expect(calls.map((call) => call.mock.calls.length)).toEqual([0, 1]);
});

it('writes what a topic hands over at the end of the turn in which it was published, in one call with what was written before', async () => {
  const { ours } = await pair();
  const outlet = newOutlet(ours);
  const topic = createTopic<string>({ overflow: { kind: 'close' }, budgetBytes: 0 });
  topic.subscribe({ outlet, groupKey: '', encode: (entries) => Buffer.from(entries.join('')) });
  const calls = [vi.spyOn(ours, '_write'), vi.spyOn(ours, '_writev')];
  outlet.write(Buffer.from('receipt '));
  topic.publish('message');
  await turn();
  expect(ours.bytesWritten).toBe('receipt message'.length);
  expect(calls.map((call) => call.mock.calls.length)).toEqual([0, 1]);
});

it('counts as queued what the kernel has not taken, and tells once it has', async () => {
  const { ours, peer } = await pair();
  const outlet = newOutlet(ours);
  outlet.write(TOO_MUCH);
  await turn();
  expect(outlet.queuedBytes).toBeGreaterThan(0);
  let drained = 0;
  outlet.onceDrained(() => {
    drained += 1;
    expect(outlet.queuedBytes).toBe(0);
  });
  await turn();
  expect(drained).toBe(0);
  await read(peer, TOO_MUCH.length);
  while (drained === 0) await turn();
  expect(drained).toBe(1);
});

it('tells of drained also where nothing is queued, and where it has closed, but never within the call', async () => {
  const { ours } = await pair();
  const outlet = newOutlet(ours);
  for (const closeFirst of [false, true]) {
    if (closeFirst) outlet.destroy();
    let drained = false;
    outlet.onceDrained(() => {
      drained = true;
    });
    expect(drained).toBe(false);
    while (!drained) await turn();
  }
});

it('destroys who takes nothing for the stall time, and leaves alone who takes a little', async () => {
  const clock = new ManualClock();
  const writer = new SocketWriter({ clock, stallMillis: 20_000 });
  const stuck = await pair();
  const slow = await pair();
  const stuckOutlet = newOutlet(stuck.ours, writer);
  const slowOutlet = newOutlet(slow.ours, writer);
  let cutOff = false;
  stuckOutlet.onceDrained(() => {
    cutOff = true;
  });
  for (const outlet of [stuckOutlet, slowOutlet]) {
    // In pieces, of which the kernel takes one after the other.
    for (let piece = 0; piece < 64; piece += 1) {
      outlet.write(TOO_MUCH.subarray(0, TOO_MUCH.length / 64));
      outlet.flush();
    }
  }
  clock.pass(19_000);
  const before = slowOutlet.takenBytes;
  slow.peer.resume();
  while (slowOutlet.takenBytes === before) await turn();
  slow.peer.pause();
  expect(stuckOutlet.isOpen).toBe(true);
  clock.pass(2_000);
  expect(stuckOutlet.isOpen).toBe(false);
  expect(stuck.ours.destroyed).toBe(true);
  expect(cutOff).toBe(true);
  expect(slowOutlet.isOpen).toBe(true);
  writer.close();
});

it('a reader that is stuck costs the others nothing: they get everything, and it is held to its budget', async () => {
  const topic = createTopic<number>({ overflow: { kind: 'close' }, budgetBytes: 100_000 });
  const payload = Buffer.alloc(50_000, '.');
  const encode = (entries: readonly number[]): Uint8Array => Buffer.concat(entries.map(() => payload));
  const stuck = await pair();
  const stuckOutlet = newOutlet(stuck.ours);
  const missed: number[] = [];
  topic.subscribe({ outlet: stuckOutlet, groupKey: '', encode, overflowed: (entry) => missed.push(entry) });
  const others: Awaited<ReturnType<typeof pair>>[] = [];
  for (let count = 0; count < 10; count += 1) others.push(await pair());
  const got = others.map(() => 0);
  for (const [index, { ours, peer }] of others.entries()) {
    topic.subscribe({ outlet: newOutlet(ours), groupKey: '', encode });
    peer.on('data', (chunk) => {
      got[index] = (got[index] ?? 0) + chunk.length;
    });
    peer.resume();
  }
  let highest = 0;
  for (let entry = 1; entry <= 300; entry += 1) {
    topic.publish(entry);
    await turn();
    highest = Math.max(highest, stuckOutlet.queuedBytes);
    const enough = (): boolean => got.every((bytes) => bytes >= entry * payload.length);
    while (!enough()) await turn();
  }
  expect(got).toEqual(others.map(() => 300 * payload.length));
  expect(missed).toHaveLength(1);
  expect(highest).toBeLessThanOrEqual(100_000 + payload.length);
});
