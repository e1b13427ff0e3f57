import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { destinations, parseSendDestination, parseSubscribeDestination, type UserQueue } from './destinations.ts';
import { ConversationId, TickerSymbol, UserId } from './ids.ts';

const name = fc.string({ unit: fc.constantFrom(...'abzAZ059._-:@äЖ中'), minLength: 1, maxLength: 64 });
const queue = fc.constantFrom<UserQueue>('messages', 'confirmations', 'receipts', 'errors');

describe('parse . build = id', () => {
  it('conversations and typing', () => {
    fc.assert(
      fc.property(fc.oneof(name, fc.constant('global')), (raw) => {
        const conversationId = ConversationId.parse(raw);
        const { conversation, typing, typingOf } = destinations;
        expect(parseSubscribeDestination(conversation(conversationId))).toEqual({ of: 'conversation', conversationId });
        expect(parseSubscribeDestination(typingOf(conversationId))).toEqual({ of: 'typing', conversationId });
        expect(parseSendDestination(typing(conversationId))).toEqual({ to: 'typing', conversationId });
      }),
    );
  });

  it('market, resources and queues', () => {
    fc.assert(
      fc.property(name, name, queue, (first, second, queueName) => {
        const symbol = TickerSymbol.parse(first);
        expect(parseSubscribeDestination(destinations.market(symbol))).toEqual({ of: 'market', symbol });
        expect(parseSubscribeDestination(destinations.resourcePresence(first, second))).toEqual({
          of: 'resource-presence',
          resourceType: first,
          resourceId: second,
        });
        expect(parseSubscribeDestination(destinations.userQueue(queueName))).toEqual({
          of: 'user-queue',
          queue: queueName,
          userId: undefined,
        });
        expect(parseSubscribeDestination(`/user/${first}/queue/${queueName}`)).toEqual({
          of: 'user-queue',
          queue: queueName,
          userId: UserId.parse(first),
        });
      }),
    );
  });

  it('the fixed ones', () => {
    expect(parseSendDestination(destinations.sendGlobal)).toEqual({ to: 'global-chat' });
    expect(parseSendDestination(destinations.send)).toEqual({ to: 'chat' });
    expect(parseSendDestination(destinations.read)).toEqual({ to: 'chat-read' });
    expect(parseSendDestination(destinations.userConnect)).toEqual({ to: 'user-connect' });
    expect(parseSendDestination(destinations.userPresence)).toEqual({ to: 'user-presence' });
    expect(parseSendDestination(destinations.authRefresh)).toEqual({ to: 'auth-refresh' });
    expect(parseSendDestination(destinations.heartbeat)).toEqual({ to: 'resource-presence' });
    expect(parseSubscribeDestination(destinations.presence)).toEqual({ of: 'presence' });
    expect(parseSubscribeDestination(destinations.market())).toEqual({ of: 'market', symbol: undefined });
  });
});

describe('other names for the same', () => {
  it('/topic/chat is /topic/messages, and presence/update is presence/heartbeat', () => {
    expect(parseSubscribeDestination('/topic/chat')).toEqual(parseSubscribeDestination('/topic/messages'));
    expect(parseSendDestination('/app/presence/update')).toEqual(parseSendDestination('/app/presence/heartbeat'));
    expect(parseSendDestination('/app/typing')).toEqual(parseSendDestination('/app/chat.typing/global'));
  });

  it('a user may be called queue', () => {
    expect(parseSubscribeDestination('/user/queue/queue/messages')).toMatchObject({ userId: 'queue' });
  });
});

describe('what is in no table is unknown', () => {
  it.each([
    ...[
      '',
      '/',
      '/app',
      '/app/',
      '/app/chat/',
      '/app/chat ',
      '/APP/chat',
      'app/chat',
      '/topic/messages',
      '/app/chat.typing',
    ],
    ...['/app/chat.typing/', '/app/chat.typing/a/b', '/app/chat.typing/a b', '/app/constructor', '/app/chat.send/x'],
  ])('SEND %j', (destination) => {
    expect(parseSendDestination(destination)).toBeUndefined();
  });

  it.each([
    ...['', '/', '/topic', '/topic/', '/topic/messages/', 'topic/messages', '//topic/messages', '/Topic/messages'],
    ...['/topic/conversation', '/topic/conversation/', '/topic/conversation/a/b', '/topic/conversation/a b'],
    ...['/topic/market/', '/topic/market/a/b', '/topic/presence/x', '/topic/presence/x/', '/topic/presence/x/y/z'],
    ...['/topic/typing/', '/topic/typing/a\nb', '/topic/nothing/x', '/topic/__proto__', '/topic/typing/%2e'],
    ...[
      '/user',
      '/user/queue',
      '/user/queue/',
      '/user/queue/other',
      '/user/queue/messages/',
      '/user/queue/constructor',
    ],
    ...[
      '/user/a/queue',
      '/user/a/queue/other',
      '/user/a b/queue/messages',
      '/user/a/b/queue/messages',
      '/user//queue/messages',
    ],
    ...['/queue/messages', '/app/chat', `/topic/conversation/${'a'.repeat(65)}`],
  ])('SUBSCRIBE %j', (destination) => {
    expect(parseSubscribeDestination(destination)).toBeUndefined();
  });
});
