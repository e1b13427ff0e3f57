/** Typing marks: for members only, throttled, and they end by themselves. */
import { ConversationId, GLOBAL_CONVERSATION, type Typing } from '@rtd/protocol';
import { afterEach, expect, test, vi } from 'vitest';
import { createCleanup, createFakeClock, createReader, openRoom, openServers, person } from './chat-fixture.ts';

const cleanup = createCleanup();
afterEach(() => cleanup.run());
const ann = person('ann');
const bob = person('bob');
const cat = person('cat');
const team = ConversationId.parse('team');
const marks = (reader: { got: Typing[] }) => reader.got.map(({ userId, isTyping }) => `${userId} ${isTyping}`);

test('a mark that is not renewed ends after 5 s; renewals are passed on once a second', async () => {
  const clock = createFakeClock();
  const { room } = await openRoom(cleanup, { clock });
  const reader = createReader<Typing>();
  room.subscribeTyping(bob, GLOBAL_CONVERSATION, reader);
  for (let millis = 0; millis <= 3_000; millis += 250) {
    await room.setTyping(ann, GLOBAL_CONVERSATION, true);
    clock.advance(250);
  }
  await vi.waitFor(() => expect(marks(reader)).toEqual(['ann true', 'ann true', 'ann true', 'ann true']));
  clock.advance(4_700);
  await new Promise(setImmediate);
  expect(reader.got).toHaveLength(4);
  clock.advance(100);
  await vi.waitFor(() => expect(marks(reader).slice(4)).toEqual(['ann false']));
  await room.setTyping(ann, GLOBAL_CONVERSATION, false);
  clock.advance(60_000);
  await new Promise(setImmediate);
  expect(reader.got).toHaveLength(5);
});

test('what is shown ends by itself, in however many conversations somebody types at once', async () => {
  const clock = createFakeClock();
  const { room } = await openRoom(cleanup, { clock });
  const reader = createReader<Typing>();
  const ids = Array.from({ length: 12 }, (_, n) => ConversationId.parse(`room-${n}`));
  for (const id of ids) {
    await room.createConversation(ann, { id, kind: 'group', members: [bob.userId] });
    room.subscribeTyping(bob, id, reader);
  }
  for (const id of ids) await room.setTyping(ann, id, true);
  const shown = (isTyping: boolean) =>
    reader.got.filter((mark) => mark.isTyping === isTyping).map((mark) => mark.conversationId);
  await vi.waitFor(() => expect(shown(true)).toHaveLength(8));
  clock.advance(6_000);
  // Which of several conversations' marks comes first is not said.
  await vi.waitFor(() => expect(shown(false).sort()).toEqual(shown(true).sort()));
});

test('members only: whoever is none gets nothing, until added, and nothing after removal', async () => {
  const { room } = await openRoom(cleanup);
  const [ofBob, ofCat] = [createReader<Typing>(), createReader<Typing>()];
  room.subscribeTyping(bob, team, ofBob);
  room.subscribeTyping(cat, team, ofCat);
  await room.setTyping(ann, team, true);
  await room.createConversation(ann, { id: team, kind: 'group', members: [bob.userId] });
  await room.setTyping(cat, team, true);
  await vi.waitFor(async () => {
    await room.setTyping(ann, team, true);
    await room.setTyping(ann, team, false);
    expect(marks(ofBob)).toContain('ann true');
  });
  expect(new Set(marks(ofBob))).toEqual(new Set(['ann true', 'ann false']));
  expect(ofCat.got).toEqual([]);
  await room.addMember(ann, team, cat.userId);
  await room.setTyping(bob, team, true);
  await vi.waitFor(() => expect(marks(ofCat)).toEqual(['bob true']));
  await room.removeMember(ann, team, cat.userId);
  await room.setTyping(bob, team, false);
  await vi.waitFor(() => expect(marks(ofBob)).toContain('bob false'));
  expect(ofCat.got).toHaveLength(1);
});

test('a mark is seen on other servers, and ends there even if its end is lost', async () => {
  const clock = createFakeClock();
  const [one, two] = await openServers(cleanup, ['one', 'two'], { clock });
  const reader = createReader<Typing>();
  two?.subscribeTyping(bob, GLOBAL_CONVERSATION, reader);
  await one?.setTyping(ann, GLOBAL_CONVERSATION, true);
  await vi.waitFor(() => expect(marks(reader)).toEqual(['ann true']));
  await one?.close();
  clock.advance(6_500);
  await vi.waitFor(() => expect(marks(reader)).toEqual(['ann true', 'ann false']));
});
