import { ConversationId, ConversationSummary, UserId } from '@rtd/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { message, outgoing } from '../../test/messages.ts';
import {
  addressKey,
  type Conversations,
  type ConversationsEvent,
  initialConversations,
  openConversation,
  reduceConversations,
} from './conversations.ts';

const after = (...events: readonly ConversationsEvent[]): Conversations =>
  events.reduce(reduceConversations, initialConversations());

interface Sketch {
  readonly id: string;
  readonly kind?: 'global' | 'direct' | 'group';
  readonly members?: readonly string[];
  readonly lastSeq?: number;
  readonly readSeq?: number;
  readonly unread?: number;
}

function listed(...sketches: readonly Sketch[]): ConversationsEvent {
  const summaries = sketches.map(
    ({ id, kind = 'group', members = ['me', 'bob'], lastSeq = 0, readSeq = 0, unread = 0 }) =>
      ConversationSummary.parse({ id, kind, title: null, members, lastSeq, readSeq, unread, lastMessage: null }),
  );
  return { kind: 'listed', summaries, self: 'me' };
}

const heardIn = (id: string, seq: number, from = 'bob'): ConversationsEvent => ({
  kind: 'heard',
  message: { ...message({ seq, from }), conversationId: ConversationId.parse(id) },
  self: 'me',
});
const opened = (key: string, draft = ''): ConversationsEvent => ({ kind: 'opened', key, draft });
const read = (key: string, seq: number): ConversationsEvent => ({ kind: 'read', key, seq, self: 'me' });
const find = (state: Conversations, key: string) => state.list.find((one) => one.key === key);

describe('the list', () => {
  it('keeps its order, whatever the server says first and whatever happens in it', () => {
    const state = after(
      listed({ id: 'a' }, { id: 'b' }),
      heardIn('b', 1),
      listed({ id: 'b', lastSeq: 1 }, { id: 'c' }, { id: 'a' }),
    );
    expect(state.list.map(({ key }) => key)).toEqual(['global', 'a', 'b', 'c']);
  });

  it('loses what the server knows no more, and shows global where that was open', () => {
    const state = after(listed({ id: 'a' }), opened('a'), listed({ id: 'b' }));
    expect(state.list.map(({ key }) => key)).toEqual(['global', 'b']);
    expect(state.openKey).toBe('global');
  });
});

describe('counts', () => {
  it('go up with what others say, once a message, and not with what one says', () => {
    const state = after(listed({ id: 'a' }), heardIn('a', 1), heardIn('a', 1), heardIn('a', 2, 'me'), heardIn('a', 3));
    expect(find(state, 'a')).toMatchObject({ lastSeq: 3, unread: 2 });
  });

  it('go down by reading, and an answer from before does not bring them back', () => {
    const state = after(
      listed({ id: 'a', lastSeq: 3, unread: 3 }),
      read('a', 3),
      listed({ id: 'a', lastSeq: 3, unread: 3 }),
    );
    expect(find(state, 'a')).toMatchObject({ readSeq: 3, unread: 0 });
  });

  it('go down by what another terminal has read', () => {
    const state = after(listed({ id: 'a', lastSeq: 3, unread: 3 }), listed({ id: 'a', lastSeq: 3, readSeq: 3 }));
    expect(find(state, 'a')?.unread).toBe(0);
  });

  it('are never negative, and what is read never goes back, in any order of events', () => {
    const event = fc.oneof(
      fc.integer({ min: 1, max: 9 }).map((seq) => heardIn('a', seq)),
      fc.integer({ min: 1, max: 9 }).map((seq) => read('a', seq)),
      fc
        .tuple(fc.nat({ max: 9 }), fc.nat({ max: 9 }))
        .map(([lastSeq, readSeq]) => listed({ id: 'a', lastSeq, readSeq, unread: Math.max(0, lastSeq - readSeq) })),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), (events) => {
        let state = after(listed({ id: 'a' }));
        for (const one of events) {
          const before = find(state, 'a')?.readSeq ?? 0;
          state = reduceConversations(state, one);
          expect(find(state, 'a')?.unread).toBeGreaterThanOrEqual(0);
          expect(find(state, 'a')?.readSeq).toBeGreaterThanOrEqual(before);
        }
      }),
    );
  });
});

describe('opening', () => {
  it('puts the unread line behind what was read, and leaving takes it away', () => {
    const state = after(listed({ id: 'a', lastSeq: 5, readSeq: 3, unread: 2 }), opened('a'));
    expect(openConversation(state)).toMatchObject({ key: 'a', unreadAfter: 3 });
    expect(find(reduceConversations(state, opened('global')), 'a')?.unreadAfter).toBeUndefined();
  });

  it('keeps the draft of the one that is left', () => {
    expect(find(after(listed({ id: 'a' }), opened('a', 'half a'), opened('global', 'other')), 'a')?.draft).toBe(
      'other',
    );
    expect(find(after(listed({ id: 'a' }), opened('a', 'half a')), 'global')?.draft).toBe('half a');
  });

  it('marks nothing where all is read', () => {
    expect(
      openConversation(after(listed({ id: 'a', lastSeq: 5, readSeq: 5 }), opened('a'))).unreadAfter,
    ).toBeUndefined();
  });
});

describe('somebody to write to', () => {
  const bob = UserId.parse('bob');
  const key = addressKey('bob');
  const sent = (id: string) =>
    ({
      kind: 'sent',
      id: 'm',
      conversationId: ConversationId.parse(id),
      seq: 1,
      timestamp: '2026-11-21T12:00:00.000Z',
    }) as const;
  const written: ConversationsEvent = {
    kind: 'outgoing',
    message: { ...outgoing('c', { kind: 'queued' }), recipientId: bob },
  };
  const stored: ConversationsEvent = { kind: 'outgoing', message: { ...outgoing('c', sent('dm')), recipientId: bob } };

  it('becomes a conversation with the first message, without leaving the screen', () => {
    const state = after({ kind: 'addressed', userId: 'bob' }, opened(key), written, stored);
    expect(openConversation(state)).toMatchObject({ key: 'dm', id: 'dm', kind: 'direct' });
    expect(openConversation(state).chat.outgoing.length).toBe(1);
  });

  it('is the conversation that they begin meanwhile', () => {
    const summary: Sketch = { id: 'dm', kind: 'direct', members: ['bob', 'me'], lastSeq: 1, unread: 1 };
    const state = after({ kind: 'addressed', userId: 'bob' }, opened(key), written, listed(summary));
    expect(state.list.map((one) => one.key)).toEqual(['global', 'dm']);
    expect(openConversation(state).chat.outgoing.length).toBe(1);
    const both = reduceConversations(state, stored);
    expect(openConversation(both).chat.outgoing.map(({ clientMessageId }) => clientMessageId)).toEqual(['c']);
  });

  it('comes back with what was left unsent the last time', () => {
    expect(find(after(written), key)?.chat.outgoing.length).toBe(1);
  });
});
