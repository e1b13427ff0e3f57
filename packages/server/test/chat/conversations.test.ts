/** Direct, group and public conversations: who gets in, who gets out, and that being out holds at once on every server. */
import { ConversationId, type NewConversation, UserId } from '@rtd/protocol';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { ChatRoom, Delivery } from '../../src/chat/chat-room.ts';
import { directConversationId } from '../../src/chat/direct-conversation.ts';
import {
  createCleanup,
  createDeadBus,
  createDeadMailbox,
  createReader,
  openRoom,
  openServers,
  openStore,
  person,
  seqs,
  upTo,
} from './chat-fixture.ts';

const cleanup = createCleanup();
afterEach(() => cleanup.run());
const ann = person('ann');
const bob = person('bob');
const cat = person('cat');
const team = ConversationId.parse('team');
const refused = (code: string) => ({ name: 'RtdError', code });
const make = (room: ChatRoom, more: Partial<NewConversation> = {}) =>
  room.createConversation(ann, { id: team, kind: 'group', members: [bob.userId], ...more });

describe('direct conversations', () => {
  test('both find the same one, by each other’s id alone', async () => {
    const { room } = await openRoom(cleanup);
    const there = await room.send(ann, { content: 'hi', recipientId: bob.userId });
    const back = await room.send(bob, { content: 'hi you', recipientId: ann.userId });
    expect(back.message.conversationId).toBe(there.message.conversationId);
    expect([there.message.seq, back.message.seq]).toEqual([1, 2]);
    expect([there.message.recipientId, back.message.recipientId]).toEqual(['bob', 'ann']);
    expect(await room.conversations(bob)).toMatchObject([
      { id: 'global' },
      {
        id: there.message.conversationId,
        kind: 'direct',
        members: ['ann', 'bob'],
        unread: 1,
        lastMessage: { content: 'hi you' },
      },
    ]);
  });

  test('nobody else can make, enter or read one', async () => {
    const { room } = await openRoom(cleanup);
    const id = directConversationId(ann.userId, bob.userId);
    await expect(room.send(cat, { content: 'squat', conversationId: id })).rejects.toMatchObject(refused('FORBIDDEN'));
    await expect(
      room.send(cat, { content: 'squat', conversationId: id, recipientId: bob.userId }),
    ).rejects.toMatchObject(refused('FORBIDDEN'));
    await expect(make(room, { id })).rejects.toMatchObject(refused('CONFLICT'));
    await room.send(ann, { content: 'hi', recipientId: bob.userId });
    await expect(room.addMember(ann, id, cat.userId)).rejects.toMatchObject(refused('FORBIDDEN'));
    await expect(room.addMember(cat, id, cat.userId)).rejects.toMatchObject(refused('FORBIDDEN'));
    await expect(room.history(cat, { conversationId: id, limit: 5 })).rejects.toMatchObject(refused('FORBIDDEN'));
    await expect(room.subscribe(cat, id, createReader<Delivery>(), {})).rejects.toMatchObject(refused('FORBIDDEN'));
    expect((await room.conversations(cat)).map(({ id: seen }) => seen)).toEqual(['global']);
  });

  test('ids that only look alike together are apart', () => {
    const of = (one: string, other: string) => directConversationId(UserId.parse(one), UserId.parse(other));
    expect(of('a', 'b:c')).not.toBe(of('a:b', 'c'));
    expect(of('x'.repeat(64), 'y'.repeat(64)).length).toBeLessThanOrEqual(64);
    expect(of('a', 'b')).toBe(of('b', 'a'));
  });
});

describe('a conversation named by its id', () => {
  test('is made by the first message, with sender and recipient', async () => {
    const { room } = await openRoom(cleanup);
    await room.send(ann, { content: 'hi', conversationId: team, recipientId: bob.userId });
    expect((await room.history(bob, { conversationId: team, limit: 5 })).messages).toHaveLength(1);
    await expect(room.send(cat, { content: 'hi', conversationId: team })).rejects.toMatchObject(refused('FORBIDDEN'));
  });
});

describe('groups', () => {
  test('any member adds, only oneself or the creator removes', async () => {
    const { room } = await openRoom(cleanup);
    expect(await make(room, { title: 'The team' })).toMatchObject({
      kind: 'group',
      title: 'The team',
      members: ['ann', 'bob'],
    });
    await expect(make(room)).rejects.toMatchObject(refused('CONFLICT'));
    await expect(room.addMember(cat, team, cat.userId)).rejects.toMatchObject(refused('FORBIDDEN'));
    await room.addMember(bob, team, cat.userId);
    await room.addMember(bob, team, cat.userId);
    await expect(room.removeMember(cat, team, bob.userId)).rejects.toMatchObject(refused('FORBIDDEN'));
    await room.removeMember(ann, team, bob.userId);
    await room.removeMember(cat, team, cat.userId);
    const [, own] = await room.conversations(ann);
    expect(own).toMatchObject({ id: 'team', members: ['ann'] });
    await expect(room.removeMember(bob, team, ann.userId)).rejects.toMatchObject(refused('FORBIDDEN'));
  });

  test('everybody joins a public one by themselves', async () => {
    const { room } = await openRoom(cleanup);
    await make(room, { kind: 'public' });
    await expect(room.subscribe(cat, team, createReader<Delivery>(), {})).rejects.toMatchObject(refused('FORBIDDEN'));
    await room.addMember(cat, team, cat.userId);
    await room.subscribe(cat, team, createReader<Delivery>(), {});
  });

  test('changes at the same time are all made', async () => {
    const { room } = await openRoom(cleanup);
    await make(room);
    const names = Array.from({ length: 10 }, (_, index) => UserId.parse(`user${index}`));
    await Promise.all(names.map((name) => room.addMember(bob, team, name)));
    expect((await room.conversations(ann))[1]?.members).toHaveLength(12);
  });

  test('one that does not exist is refused in the same words as one that one is not in', async () => {
    const { room } = await openRoom(cleanup);
    await make(room);
    const words = async (id: string) =>
      room
        .subscribe(cat, ConversationId.parse(id), createReader<Delivery>(), {})
        .catch((error: unknown) => String(error));
    expect(await words('team')).toBe(await words('nowhere'));
    expect(await words('team')).toContain('not a member');
  });
});

describe('removal', () => {
  test('ends subscription and inbox on every server, before anything later is delivered', async () => {
    const [one, two] = await openServers(cleanup, ['one', 'two']);
    if (one === undefined || two === undefined) throw new Error('two servers');
    await make(one);
    const reader = createReader<Delivery>();
    const inbox = createReader<Delivery>();
    const removed = vi.fn();
    await two.subscribe(bob, team, reader, { removed });
    await two.subscribeInbox(bob, inbox);
    await one.send(ann, { content: 'for all', conversationId: team });
    await vi.waitFor(() => expect([seqs(reader.got), seqs(inbox.got)]).toEqual([[1], [1]]));
    await one.removeMember(ann, team, bob.userId);
    await vi.waitFor(() => expect(removed).toHaveBeenCalledOnce());
    const others = createReader<Delivery>();
    await two.subscribe(ann, team, others, {});
    await one.send(ann, { content: 'without bob', conversationId: team });
    await vi.waitFor(() => expect(seqs(others.got)).toEqual([2]));
    expect([seqs(reader.got), seqs(inbox.got)]).toEqual([[1], [1]]);
    await expect(two.history(bob, { conversationId: team, limit: 5 })).rejects.toMatchObject(refused('FORBIDDEN'));
    await expect(two.send(bob, { content: 'still here?', conversationId: team })).rejects.toMatchObject(
      refused('FORBIDDEN'),
    );
  });

  test('holds for every later message even when no server can tell another', async () => {
    const store = await openStore(cleanup);
    const deadBus = createDeadBus();
    const options = { store, bus: deadBus, mailbox: createDeadMailbox() };
    const [one] = await openServers(cleanup, ['one'], options);
    const [two] = await openServers(cleanup, ['two'], options);
    if (one === undefined || two === undefined) throw new Error('two servers');
    await make(one);
    const [ofBob, ofAnn, inbox] = [createReader<Delivery>(), createReader<Delivery>(), createReader<Delivery>()];
    const removed = vi.fn();
    await two.subscribe(bob, team, ofBob, { removed });
    await two.subscribe(ann, team, ofAnn, {});
    await two.subscribeInbox(bob, inbox);
    await one.removeMember(ann, team, bob.userId);
    // Sent from the server that does not know of the removal yet.
    await two.send(ann, { content: 'without bob', conversationId: team });
    await vi.waitFor(() => expect(seqs(ofAnn.got)).toEqual([1]));
    expect(removed).toHaveBeenCalledOnce();
    expect([ofBob.got, inbox.got]).toEqual([[], []]);
  });

  test('ends catching up in the middle, of subscription and inbox', async () => {
    const { room } = await openRoom(cleanup);
    await make(room);
    await Promise.all(upTo(100).map(() => room.send(ann, { content: '€'.repeat(3_000), conversationId: team })));
    const [reader, inbox] = [createReader<Delivery>(), createReader<Delivery>()];
    reader.hold();
    inbox.hold();
    const subscribing = [room.subscribe(bob, team, reader, { afterSeq: 0 }), room.subscribeInbox(bob, inbox)];
    await vi.waitFor(() => expect([reader.mostQueued > 0, inbox.mostQueued > 0]).toEqual([true, true]));
    await room.removeMember(ann, team, bob.userId);
    const [queued, waiting] = [reader.mostQueued, inbox.mostQueued];
    reader.release();
    inbox.release();
    await Promise.all(subscribing);
    expect([reader.mostQueued, inbox.mostQueued]).toEqual([queued, waiting]);
    for (const { got } of [reader, inbox]) {
      expect(got.length).toBeLessThan(100);
      expect(seqs(got)).toEqual(upTo(got.length));
    }
  });

  test('who is added again gets what comes from then on', async () => {
    const { room } = await openRoom(cleanup);
    await make(room);
    const inbox = createReader<Delivery>();
    const subscription = await room.subscribeInbox(bob, inbox);
    await room.send(ann, { content: '1', conversationId: team });
    await vi.waitFor(() => expect(seqs(inbox.got)).toEqual([1]));
    subscription.delivered(inbox.got.map(({ message }) => message));
    await room.removeMember(ann, team, bob.userId);
    await room.send(ann, { content: '2', conversationId: team });
    await room.addMember(ann, team, bob.userId);
    await room.send(ann, { content: '3', conversationId: team });
    await vi.waitFor(() => expect(seqs(inbox.got)).toEqual([1, 3]));
  });
});
