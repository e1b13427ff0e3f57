/** What is counted when hints get lost or come late: gaps that were healed, and how long deliveries took. */
import { GLOBAL_CONVERSATION, RtdError } from '@rtd/protocol';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Delivery } from '../../src/chat/chat-room.ts';
import type { MessageStore } from '../../src/chat/message-store.ts';
import { createCleanup, createFakeClock, createReader, openRoom, openStore, person, seqs } from './chat-fixture.ts';

const ann = person('ann');

async function openReading() {
  const cleanup = createCleanup();
  onTestFinished(() => cleanup.run());
  const real = await openStore(cleanup);
  const away = { now: false };
  const store: MessageStore = Object.create(real, {
    messages: {
      value: (...call: Parameters<MessageStore['messages']>) =>
        away.now ? Promise.reject(new RtdError('STORE_UNAVAILABLE', 'away')) : real.messages(...call),
    },
    append: { value: (...call: Parameters<MessageStore['append']>) => real.append(...call) },
    conversation: { value: (...call: Parameters<MessageStore['conversation']>) => real.conversation(...call) },
    changedSince: { value: (...call: Parameters<MessageStore['changedSince']>) => real.changedSince(...call) },
  });
  const clock = createFakeClock();
  const waits: number[] = [];
  // Each with a bus of its own, so nothing that the first one commits reaches the second but by its sweep.
  const { room: sending } = await openRoom(cleanup, { store: real });
  const { room } = await openRoom(cleanup, { store, clock, waited: (millis) => void waits.push(millis) });
  const reader = createReader<Delivery>();
  await room.subscribe(ann, GLOBAL_CONVERSATION, reader, {});
  return { sending, room, reader, clock, waits, away };
}

test('what comes in order is no gap, and takes no time', async () => {
  const { room, reader, waits } = await openReading();
  for (let count = 0; count < 3; count += 1) await room.send(ann, { content: 'x' });
  await vi.waitFor(() => expect(seqs(reader.got)).toEqual([1, 2, 3]));
  expect(room.stats().healedGaps).toBe(0);
  expect(waits).toEqual([0, 0, 0]);
});

test('messages that no hint told of are one gap, which the sweep heals', async () => {
  const { sending, room, reader, clock } = await openReading();
  for (let count = 0; count < 3; count += 1) await sending.send(ann, { content: 'x' });
  clock.advance(2_000);
  await vi.waitFor(() => expect(seqs(reader.got)).toEqual([1, 2, 3]));
  expect(room.stats().healedGaps).toBe(1);
});

test('the time that a gap was open is in the time of every message that waited for it', async () => {
  const { sending, room, reader, clock, waits, away } = await openReading();
  clock.advance(1_000);
  await sending.send(ann, { content: 'lost' });
  away.now = true;
  await room.send(ann, { content: 'mine' });
  clock.advance(6_000);
  away.now = false;
  clock.advance(2_000);
  await vi.waitFor(() => expect(seqs(reader.got)).toEqual([1, 2]));
  expect(waits).toEqual([8_000, 8_000]);
  expect(room.stats().healedGaps).toBe(1);
});
