/** Sends are never half done: refused means nothing stored and nothing seen; committed means once, in order, confirmed. */
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ClientMessageId, type Confirmation, ConversationId, GLOBAL_CONVERSATION, limitsWith } from '@rtd/protocol';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Delivery, SendRequest } from '../../src/chat/chat-room.ts';
import type { RunningChatRoom } from '../../src/chat/create-chat-room.ts';
import {
  createCleanup,
  createFakeClock,
  createReader,
  openRoom,
  openStore,
  person,
  seqs,
  temporaryFolder,
  upTo,
} from './chat-fixture.ts';

const cleanup = createCleanup();
afterEach(() => cleanup.run());
const ann = person('ann');
const bob = person('bob');
const stored = async (room: RunningChatRoom) =>
  (await room.history(ann, { conversationId: GLOBAL_CONVERSATION, limit: 500 })).messages.map(
    (message) => message.content,
  );

test('what does not fit is refused, with the code and nothing stored', async () => {
  const { room } = await openRoom(cleanup);
  const bad: SendRequest[] = [
    { content: '' },
    { content: ' \n\t ' },
    { content: 'x'.repeat(4_001) },
    { content: '\ud800' },
  ];
  for (const request of bad) await expect(room.send(ann, request)).rejects.toMatchObject({ code: 'VALIDATION' });
  await room.send(ann, { content: '👩‍👩‍👧'.repeat(500) });
  expect(await stored(room)).toHaveLength(1);
});

test('only guests choose the name that they are shown by', async () => {
  const { room } = await openRoom(cleanup);
  const guest = person('guest-1', { guest: true });
  const nameOf = async (who: typeof ann) =>
    (await room.send(who, { content: 'hi', senderName: 'Zoë' })).message.senderName;
  expect([await nameOf(ann), await nameOf(guest)]).toEqual(['ann', 'Zoë']);
  await expect(room.send(guest, { content: 'hi', senderName: '\u001b[2J' })).rejects.toMatchObject({
    code: 'VALIDATION',
  });
});

test('requests of one caller keep their order', async () => {
  const { room } = await openRoom(cleanup);
  const results = await Promise.all(upTo(100).map((n) => room.send(ann, { content: `${n}` })));
  expect(results.map((result) => result.message.seq)).toEqual(upTo(100));
  expect(await stored(room)).toEqual(upTo(100).map(String));
});

test('a repeated clientMessageId is answered with the first one, and delivered once', async () => {
  const { room } = await openRoom(cleanup);
  const confirmations = createReader<Confirmation>();
  const reader = createReader<Delivery>();
  room.subscribeConfirmations(ann, confirmations);
  await room.subscribe(bob, GLOBAL_CONVERSATION, reader, {});
  const clientMessageId = ClientMessageId.parse('once');
  const results = await Promise.all(upTo(5).map((n) => room.send(ann, { content: `try ${n}`, clientMessageId })));
  expect(results.map((result) => [result.repeated, result.message.id])).toEqual(
    upTo(5).map((n) => [n > 1, results[0]?.message.id]),
  );
  await vi.waitFor(() => expect(confirmations.got).toHaveLength(5));
  expect(new Set(confirmations.got.map(({ id, seq, status }) => `${id} ${seq} ${status}`)).size).toBe(1);
  expect(seqs(reader.got)).toEqual([1]);
});

test('echo headers come with the live message, not with the history', async () => {
  const { room } = await openRoom(cleanup);
  const [live, later] = [createReader<Delivery>(), createReader<Delivery>()];
  let echoed: unknown;
  live.encode = (entries) => {
    echoed = entries[0]?.echoHeaders;
    return new Uint8Array();
  };
  await room.subscribe(bob, GLOBAL_CONVERSATION, live, {});
  const echoHeaders = new Map([['x-trace', '7']]);
  await room.send(ann, { content: 'hi', echoHeaders });
  await vi.waitFor(() => expect(echoed).toEqual(echoHeaders));
  await room.subscribe(bob, GLOBAL_CONVERSATION, later, { afterSeq: 0 });
  expect(later.got).toMatchObject([{ message: { content: 'hi' } }]);
});

describe('sendAll', () => {
  test('stores all in order, or none', async () => {
    const { room } = await openRoom(cleanup);
    const reader = createReader<Delivery>();
    await room.subscribe(bob, GLOBAL_CONVERSATION, reader, {});
    const refused = room.sendAll(ann, [
      { content: '1' },
      { content: '2', conversationId: ConversationId.parse('dm:not-mine') },
    ]);
    await expect(refused).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(room.sendAll(ann, [{ content: '1' }, { content: '' }])).rejects.toMatchObject({ code: 'VALIDATION' });
    const results = await room.sendAll(ann, [
      { content: 'a' },
      { content: 'b', recipientId: bob.userId },
      { content: 'c' },
    ]);
    expect(results.map((result) => [result.message.content, result.message.seq])).toEqual([
      ['a', 1],
      ['b', 1],
      ['c', 2],
    ]);
    await vi.waitFor(() => expect(reader.got.map(({ message }) => message.content)).toEqual(['a', 'c']));
    expect(await room.sendAll(ann, [])).toEqual([]);
  });
});

describe('the rate limit', () => {
  test('holds per user, says how long to wait, and forgets who is quiet', async () => {
    const clock = createFakeClock();
    const { room } = await openRoom(cleanup, {
      clock,
      limits: limitsWith({ MESSAGES_PER_SECOND: 20, MESSAGE_BURST: 40 }),
    });
    await Promise.all(upTo(40).map(() => room.send(ann, { content: 'hi' })));
    await expect(room.send(ann, { content: 'one more' })).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      retryAfterMillis: 50,
    });
    await room.send(bob, { content: 'hi' });
    clock.advance(50);
    await room.send(ann, { content: 'hi' });
    await expect(room.sendAll(ann, [{ content: '1' }, { content: '2' }])).rejects.toMatchObject({
      retryAfterMillis: 100,
    });
    clock.advance(2_000);
    await room.sendAll(
      ann,
      upTo(60).map(() => ({ content: 'a large transaction from a full bucket' })),
    );
    await expect(room.send(ann, { content: 'in debt' })).rejects.toMatchObject({ retryAfterMillis: 1_050 });
  });
});

describe('a store that fails', () => {
  test('refuses the send; nobody sees it, and it can be sent again with the same key', async () => {
    const file = path.join(await temporaryFolder(cleanup), 'm.db');
    const { room } = await openRoom(cleanup, { store: await openStore(cleanup, file) });
    const reader = createReader<Delivery>();
    const confirmations = createReader<Confirmation>();
    await room.subscribe(bob, GLOBAL_CONVERSATION, reader, {});
    room.subscribeConfirmations(ann, confirmations);
    const lock = new DatabaseSync(file);
    lock.exec('BEGIN IMMEDIATE');
    const clientMessageId = ClientMessageId.parse('again');
    const request = { content: 'hi', clientMessageId };
    await expect(room.send(ann, request)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true });
    expect([reader.got, confirmations.got]).toEqual([[], []]);
    expect(await stored(room)).toEqual([]);
    lock.exec('ROLLBACK');
    lock.close();
    expect(await room.send(ann, request)).toMatchObject({ repeated: false, message: { seq: 1 } });
    await vi.waitFor(() => expect([reader.got.length, confirmations.got.length]).toEqual([1, 1]));
  });
});
