/** `/user/queue/messages`: nothing lost between devices, servers, or a week offline; and who is told of it. */
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import {
  type Confirmation,
  ConversationId,
  DeviceId,
  type ErrorNotice,
  limitsWith,
  type ReadReceipt,
  RtdError,
} from '@rtd/protocol';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { ChatRoom, Delivery } from '../../src/chat/chat-room.ts';
import type { MessageStore } from '../../src/chat/message-store.ts';
import {
  createCleanup,
  createDeadBus,
  createDeadMailbox,
  createFakeClock,
  createReader,
  openRoom,
  openServers,
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
const cat = person('cat');
const laptop = { ...bob, device: DeviceId.parse('laptop') };
const phone = { ...bob, device: DeviceId.parse('phone') };
const team = ConversationId.parse('team');

const toBob = (room: ChatRoom, content = 'hi') => room.send(ann, { content, recipientId: bob.userId });
const contents = (deliveries: readonly Delivery[]) => deliveries.map(({ message }) => message.content);
const messagesOf = (deliveries: readonly Delivery[]) => deliveries.map(({ message }) => message);
const statuses = async (room: ChatRoom, id: ConversationId) =>
  (await room.history(ann, { conversationId: id, limit: 100 })).messages.map((message) => message.status);

describe('what waited', () => {
  test('comes first, in the order of commit over all conversations, then what comes', async () => {
    const { room } = await openRoom(cleanup);
    await room.createConversation(cat, { id: team, kind: 'group', members: [bob.userId] });
    await toBob(room, '1');
    await room.send(cat, { content: '2', conversationId: team });
    await room.send(ann, { content: 'in global' });
    await toBob(room, '3');
    const reader = createReader<Delivery>();
    await room.subscribeInbox(bob, reader);
    expect(contents(reader.got)).toEqual(['1', '2', '3']);
    await room.send(cat, { content: '4', conversationId: team });
    await room.send(bob, { content: '5, my own', conversationId: team });
    await room.send(person('dan'), { content: '6, a new conversation', recipientId: bob.userId });
    await vi.waitFor(() =>
      expect(contents(reader.got).sort()).toEqual(['1', '2', '3', '4', '5, my own', '6, a new conversation']),
    );
  });

  test('is sent again until it is acknowledged, to each device on its own', async () => {
    const { room } = await openRoom(cleanup);
    for (const n of upTo(4)) await toBob(room, `${n}`);
    const first = createReader<Delivery>();
    const subscription = await room.subscribeInbox(phone, first);
    const [one, two, , four] = messagesOf(first.got);
    if (one === undefined || two === undefined || four === undefined) throw new Error('four messages');
    subscription.delivered([two]);
    subscription.delivered([four]);
    subscription.delivered([one]);
    subscription.unsubscribe();
    const again = createReader<Delivery>();
    await vi.waitFor(async () => {
      again.got.length = 0;
      (await room.subscribeInbox(phone, again)).unsubscribe();
      expect(contents(again.got)).toEqual(['3']);
    });
    const other = createReader<Delivery>();
    await room.subscribeInbox(laptop, other);
    expect(contents(other.got)).toEqual(['3', '4']);
  });

  test('acknowledgements given just before the end count', async () => {
    const store = await openStore(cleanup);
    const { room } = await openRoom(cleanup, { store });
    await toBob(room);
    const reader = createReader<Delivery>();
    const subscription = await room.subscribeInbox(phone, reader);
    subscription.delivered(messagesOf(reader.got));
    await room.close();
    const { room: next } = await openRoom(cleanup, { store });
    const again = createReader<Delivery>();
    await next.subscribeInbox(phone, again);
    expect(again.got).toEqual([]);
  });

  test('acknowledgements that the store could not take are stored once it can', async () => {
    const file = path.join(await temporaryFolder(cleanup), 'm.db');
    const store = await openStore(cleanup, file);
    const { room } = await openRoom(cleanup, { store, clock: createFakeClock() });
    await toBob(room);
    const reader = createReader<Delivery>();
    const subscription = await room.subscribeInbox(phone, reader);
    const lock = new DatabaseSync(file);
    lock.exec('BEGIN IMMEDIATE');
    subscription.delivered(messagesOf(reader.got));
    await expect(subscription.stored()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    lock.exec('ROLLBACK');
    lock.close();
    await subscription.stored();
    expect((await store.inbox(bob.userId, phone.device, 10)).messages).toEqual([]);
    subscription.unsubscribe();
    await room.close();
    expect((await store.inbox(bob.userId, phone.device, 10)).messages).toEqual([]);
  });

  test('what was acknowledged in parts on two servers is one cursor again, and not sent again', async () => {
    const store = await openStore(cleanup);
    const [one, two] = await openServers(cleanup, ['one', 'two'], { store });
    if (one === undefined || two === undefined) throw new Error('two servers');
    const { conversationId } = (await toBob(one)).message;
    for (const _ of upTo(3)) await toBob(one);
    const readers = [createReader<Delivery>(), createReader<Delivery>()];
    const [here, there] = [
      await one.subscribeInbox(phone, readers[0] ?? expect.unreachable()),
      await two.subscribeInbox(phone, readers[1] ?? expect.unreachable()),
    ];
    const [first, second, third] = messagesOf(readers[0]?.got ?? []);
    if (first === undefined || second === undefined || third === undefined) throw new Error('three messages');
    here.delivered([second, third]);
    await here.stored();
    there.delivered([first]);
    await there.stored();
    for (const inbox of [here, there]) inbox.unsubscribe();
    const again = createReader<Delivery>();
    await two.subscribeInbox(phone, again);
    expect(seqs(again.got)).toEqual([4]);
    await vi.waitFor(async () =>
      expect(await store.inbox(bob.userId, phone.device, 10)).toMatchObject({
        cursors: [{ conversationId, from: 3 }],
        acknowledged: [],
      }),
    );
  });

  test('what others have acknowledged, and the store is slow to take, holds up nobody', async () => {
    const real = await openStore(cleanup);
    const slow = Promise.withResolvers<void>();
    const store: MessageStore = new Proxy(real, {
      get: (target, name: keyof MessageStore) =>
        name !== 'advanceDelivered'
          ? target[name]
          : async (...call: Parameters<MessageStore['advanceDelivered']>) => {
              await slow.promise;
              return target.advanceDelivered(...call);
            },
    });
    cleanup.add(() => slow.resolve());
    const { room } = await openRoom(cleanup, { store });
    await toBob(room);
    const reader = createReader<Delivery>();
    const subscription = await room.subscribeInbox(phone, reader);
    subscription.delivered(messagesOf(reader.got));
    subscription.unsubscribe();
    (await room.subscribeInbox(cat, createReader<Delivery>())).unsubscribe();
    const again = createReader<Delivery>();
    const coming = room.subscribeInbox(phone, again);
    slow.resolve();
    await coming;
    expect(again.got).toEqual([]);
  });

  test('more than 1,000 waiting: the newest come, and the user is told', async () => {
    const { room, store } = await openRoom(cleanup);
    const conversationId = (await toBob(room)).message.conversationId;
    await Promise.all(upTo(1_204).map(() => toBob(room)));
    const notices = createReader<ErrorNotice>();
    room.subscribeErrors(bob, notices);
    const reader = createReader<Delivery>();
    const subscription = await room.subscribeInbox(bob, reader);
    expect(seqs(reader.got)).toEqual(upTo(1_205, 206));
    await vi.waitFor(() =>
      expect(notices.got).toMatchObject([
        { code: 'RESUME_TRUNCATED', message: expect.stringContaining('seq 206'), conversationId, firstSeq: 206 },
      ]),
    );
    await toBob(room);
    await vi.waitFor(() => expect(seqs(reader.got)).toEqual(upTo(1_206, 206)));
    subscription.delivered(messagesOf(reader.got));
    await vi.waitFor(async () => expect((await store.inbox(bob.userId, bob.device, 10)).messages).toEqual([]));
    expect((await room.history(bob, { conversationId, before: 206, limit: 500 })).messages).toHaveLength(205);
  });

  test('misses nothing and repeats nothing while others send', async () => {
    const { room } = await openRoom(cleanup);
    await room.createConversation(ann, { id: team, kind: 'group', members: [bob.userId] });
    await Promise.all(upTo(100).map(() => toBob(room)));
    const sending = Promise.all(
      upTo(300).flatMap(() => [toBob(room), room.send(ann, { content: 'to all', conversationId: team })]),
    );
    const reader = createReader<Delivery>();
    await room.subscribeInbox(bob, reader);
    await sending;
    await vi.waitFor(() => expect(reader.got).toHaveLength(700));
    const of = (direct: boolean) =>
      seqs(reader.got.filter(({ message }) => (message.recipientId !== undefined) === direct));
    expect([of(true), of(false)]).toEqual([upTo(400), upTo(300)]);
  });
});

describe('a slow device', () => {
  const big = '€'.repeat(3_000);

  test('gets its backlog piece by piece', async () => {
    const { room } = await openRoom(cleanup);
    await room.createConversation(ann, { id: team, kind: 'group', members: [bob.userId] });
    await Promise.all(upTo(200).map(() => toBob(room, big)));
    const reader = createReader<Delivery>();
    reader.hold();
    const subscribing = room.subscribeInbox(bob, reader);
    let done = false;
    void subscribing.then(() => {
      done = true;
    });
    await vi.waitFor(() => expect(reader.mostQueued).toBeGreaterThan(0));
    await room.send(ann, { content: 'came meanwhile', conversationId: team });
    while (!done) {
      await new Promise(setImmediate);
      reader.release();
      reader.hold();
    }
    reader.release();
    await vi.waitFor(() => expect(reader.got).toHaveLength(201));
    expect(seqs(reader.got.slice(0, 200))).toEqual(upTo(200));
    expect(contents(reader.got.slice(200))).toEqual(['came meanwhile']);
    expect(reader.mostQueued).toBeLessThan(limitsWith().SEND_BUFFER_BYTES);
  });

  test('that stops reading is closed, not buffered for', async () => {
    const { room } = await openRoom(cleanup, {
      limits: limitsWith({ MESSAGES_PER_SECOND: 0, SEND_BUFFER_BYTES: 20_000 }),
    });
    const reader = createReader<Delivery>();
    await room.subscribeInbox(bob, reader);
    await toBob(room);
    await vi.waitFor(() => expect(seqs(reader.got)).toEqual([1]));
    reader.hold();
    for (const _ of upTo(6)) {
      await toBob(room, big);
      await new Promise(setImmediate);
    }
    await vi.waitFor(() => expect(reader.overflowedAt).toHaveLength(1));
    reader.release();
    const seen = reader.got.length;
    expect(seqs(reader.overflowedAt)).toEqual([seen + 1]);
  });
});

describe('confirmations and receipts', () => {
  test('DELIVERED goes to the sender when a message is acknowledged, though older ones are not; then never again', async () => {
    const { room } = await openRoom(cleanup);
    const confirmations = createReader<Confirmation>();
    room.subscribeConfirmations(ann, confirmations);
    const delivered = () => confirmations.got.filter(({ status }) => status === 'DELIVERED').map(({ seq }) => seq);
    for (const n of upTo(3)) await toBob(room, `${n}`);
    const reader = createReader<Delivery>();
    const subscription = await room.subscribeInbox(phone, reader);
    const [one, two, three] = messagesOf(reader.got);
    if (one === undefined || two === undefined || three === undefined) throw new Error('three messages');
    subscription.delivered([three]);
    await vi.waitFor(() => expect(delivered()).toEqual([3]));
    subscription.delivered([three]);
    subscription.delivered([one]);
    await vi.waitFor(() => expect(delivered()).toEqual([3, 1]));
    subscription.delivered([two]);
    await vi.waitFor(() => expect(delivered()).toEqual([3, 1, 2]));
    subscription.unsubscribe();
    const again = createReader<Delivery>();
    await room.subscribeInbox(phone, again);
    expect(again.got).toEqual([]);
    expect(delivered()).toEqual([3, 1, 2]);
  });

  test('two inboxes of one device get the same, and share what is acknowledged', async () => {
    const { room } = await openRoom(cleanup);
    const readers = [createReader<Delivery>(), createReader<Delivery>()];
    const [first, second] = await Promise.all(readers.map((reader) => room.subscribeInbox(phone, reader)));
    for (const n of upTo(3)) await toBob(room, `${n}`);
    for (const { got } of readers) await vi.waitFor(() => expect(contents(got)).toEqual(['1', '2', '3']));
    const [one, two, three] = messagesOf(readers[0]?.got ?? []);
    if (one === undefined || two === undefined || three === undefined) throw new Error('three messages');
    first?.delivered([two]);
    first?.unsubscribe();
    second?.delivered([one]);
    second?.unsubscribe();
    const again = createReader<Delivery>();
    await room.subscribeInbox(phone, again);
    expect(contents(again.got)).toEqual(['3']);
  });

  test('DELIVERED goes to the sender once, when the first device has it', async () => {
    const { room } = await openRoom(cleanup);
    const confirmations = createReader<Confirmation>();
    room.subscribeConfirmations(ann, confirmations);
    const { message } = await toBob(room);
    const [onPhone, onLaptop] = [createReader<Delivery>(), createReader<Delivery>()];
    const first = await room.subscribeInbox(phone, onPhone);
    const second = await room.subscribeInbox(laptop, onLaptop);
    expect([contents(onPhone.got), contents(onLaptop.got)]).toEqual([['hi'], ['hi']]);
    expect(await statuses(room, message.conversationId)).toEqual(['SENT']);
    first.delivered([message]);
    second.delivered([message]);
    second.delivered([message]);
    await vi.waitFor(() => expect(confirmations.got.map(({ status }) => status)).toEqual(['SENT', 'DELIVERED']));
    expect(confirmations.got[1]).toMatchObject({ id: message.id, seq: 1, userId: 'bob' });
    expect(await statuses(room, message.conversationId)).toEqual(['DELIVERED']);
    await room.send(bob, { content: 'thanks', recipientId: ann.userId });
    expect(confirmations.got).toHaveLength(2);
  });

  test('READ goes to the senders of what is newly read, and never back', async () => {
    const { room } = await openRoom(cleanup);
    const receipts = createReader<ReadReceipt>();
    room.subscribeReceipts(ann, receipts);
    const { message } = await toBob(room);
    const { conversationId } = message;
    await toBob(room);
    await room.send(bob, { content: 'mine', conversationId });
    await room.markRead(bob, { conversationId, seq: 2 });
    await vi.waitFor(() =>
      expect(receipts.got.map(({ seq, readerId, status }) => [seq, readerId, status])).toEqual([
        [1, 'bob', 'READ'],
        [2, 'bob', 'READ'],
      ]),
    );
    await room.markRead(bob, { id: message.id });
    await room.markRead(bob, { conversationId, seq: 3 });
    expect(await statuses(room, conversationId)).toEqual(['READ', 'READ', 'SENT']);
    expect((await room.conversations(bob))[1]).toMatchObject({ readSeq: 3, unread: 0 });
    expect(receipts.got).toHaveLength(2);
  });

  test('in a group it says by whom', async () => {
    const { room } = await openRoom(cleanup);
    await room.createConversation(ann, { id: team, kind: 'group', members: [bob.userId, cat.userId] });
    const receipts = createReader<ReadReceipt>();
    room.subscribeReceipts(ann, receipts);
    await room.send(ann, { content: 'hi all', conversationId: team });
    await room.markRead(bob, { conversationId: team, seq: 1 });
    expect(await statuses(room, team)).toEqual(['SENT']);
    // One has read it, of two: so the sender sees by whom and how many, without having been there when it happened.
    expect((await room.history(ann, { conversationId: team, limit: 1 })).cursors).toEqual([
      { userId: 'ann', joinedSeq: 0, deliveredSeq: 0, readSeq: 0 },
      { userId: 'bob', joinedSeq: 0, deliveredSeq: 1, readSeq: 1 },
      { userId: 'cat', joinedSeq: 0, deliveredSeq: 0, readSeq: 0 },
    ]);
    await room.markRead(cat, { conversationId: team, seq: 1 });
    await vi.waitFor(() => expect(receipts.got.map(({ readerId }) => readerId)).toEqual(['bob', 'cat']));
    expect(await statuses(room, team)).toEqual(['READ']);
  });

  test('marking what one cannot see, or what is not there yet, is refused', async () => {
    const { room } = await openRoom(cleanup);
    const { message } = await toBob(room);
    const { id, conversationId } = message;
    await expect(room.markRead(cat, { id })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(room.markRead(cat, { conversationId, seq: 1 })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(room.markRead(bob, { conversationId, seq: 2 })).rejects.toMatchObject({ code: 'VALIDATION' });
    expect(await statuses(room, conversationId)).toEqual(['SENT']);
  });
});

describe('several servers', () => {
  test('a direct message, its confirmation and its receipt find their way', async () => {
    const [one, two] = await openServers(cleanup, ['one', 'two']);
    if (one === undefined || two === undefined) throw new Error('two servers');
    const inbox = createReader<Delivery>();
    const [confirmations, receipts] = [createReader<Confirmation>(), createReader<ReadReceipt>()];
    one.subscribeConfirmations(ann, confirmations);
    one.subscribeReceipts(ann, receipts);
    const subscription = await two.subscribeInbox(bob, inbox);
    const { message } = await toBob(one);
    await vi.waitFor(() => expect(inbox.got).toEqual([{ message }]));
    subscription.delivered([message]);
    await two.markRead(bob, { id: message.id });
    await vi.waitFor(() => expect(confirmations.got.map(({ status }) => status)).toEqual(['SENT', 'DELIVERED']));
    await vi.waitFor(() => expect(receipts.got).toMatchObject([{ readerId: 'bob', seq: 1 }]));
  });

  test('without bus and mailbox the sweep brings it, a new conversation too', async () => {
    const store = await openStore(cleanup);
    const clock = createFakeClock();
    const options = { store, clock, bus: createDeadBus(), mailbox: createDeadMailbox() };
    const [one] = await openServers(cleanup, ['one'], options);
    const [two] = await openServers(cleanup, ['two'], options);
    if (one === undefined || two === undefined) throw new Error('two servers');
    const [inbox, global] = [createReader<Delivery>(), createReader<Delivery>()];
    await two.subscribeInbox(bob, inbox);
    await two.subscribe(bob, ConversationId.parse('global'), global, {});
    await toBob(one, 'private');
    await one.send(ann, { content: 'public' });
    expect([inbox.got, global.got]).toEqual([[], []]);
    clock.advance(2_000);
    await vi.waitFor(() => expect([contents(inbox.got), contents(global.got)]).toEqual([['private'], ['public']]));
  });

  test('what could not be read when it was told of comes with a later sweep', async () => {
    const store = await openStore(cleanup);
    const clock = createFakeClock();
    let failures = 0;
    const failing: MessageStore = {
      ...store,
      conversation(id) {
        if (failures === 0) return store.conversation(id);
        failures -= 1;
        return Promise.reject(new RtdError('STORE_UNAVAILABLE', 'away'));
      },
    };
    const [one] = await openServers(cleanup, ['one'], { store, clock });
    const [two] = await openServers(cleanup, ['two'], { store: failing, clock });
    if (one === undefined || two === undefined) throw new Error('two servers');
    const inbox = createReader<Delivery>();
    await two.subscribeInbox(bob, inbox);
    await toBob(one);
    failures = 1;
    clock.advance(2_000);
    await vi.waitFor(() => expect(failures).toBe(0));
    clock.advance(2_000);
    await vi.waitFor(() => expect(contents(inbox.got)).toEqual(['hi']));
  });
});
