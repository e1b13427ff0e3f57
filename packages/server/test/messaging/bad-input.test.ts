/** What an honest client should not send: its code each, the connection lives, nothing is stored. */
import { ErrorNotice } from '@rtd/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RawClient, raw } from '../stomp-rules/raw-client.ts';
import { newUser, RuleServer, subscribed } from '../stomp-rules/rule-server.ts';
import { bodyOf, http, received, send } from './people.ts';

let server: RuleServer;
// A guest: only of guests is the name heeded that they want to be shown by.
const [ann, bob, mallory] = [newUser('ann'), newUser('bob'), newUser('guest-mallory')];
const group = newUser('group');
let direct: string;
let secretId: string;
let client: RawClient;

beforeAll(async () => {
  server = await RuleServer.start({ limits: { MESSAGES_PER_SECOND: 0, MESSAGE_BURST: 0 } });
  await http(server, ann, 'POST', '/api/conversations', { id: group, kind: 'group', members: [bob, mallory] });
  const said = await http(server, ann, 'POST', '/api/chat/messages', { recipientId: bob, content: 'secret' });
  ({ conversationId: direct, id: secretId } = said.json() as { conversationId: string; id: string });
  await http(server, ann, 'POST', '/api/chat/messages', { conversationId: group, content: 'to all' });
  client = await subscribed(await server.connect('1.2', mallory), '/user/queue/errors', 'id:errors');
});
afterAll(() => server.stop());

/** Everything that the three of them can see, with statuses, cursors and members. */
async function everything(): Promise<string> {
  const parts: string[] = [];
  for (const user of [ann, bob, mallory]) {
    parts.push((await http(server, user, 'GET', '/api/conversations')).text);
    for (const id of ['global', group, direct]) {
      parts.push((await http(server, user, 'GET', `/api/chat/history?conversationId=${id}&limit=500`)).text);
    }
  }
  return parts.join('\n');
}

const chat = (body: unknown) => send('/app/chat.send', body, 'receipt:never');

describe('a SEND', () => {
  it.each<[string, () => string, string]>([
    ['to a conversation that one is not in', () => chat({ conversationId: direct, content: 'hi' }), 'FORBIDDEN'],
    [
      'to a direct conversation of others, by a recipient in it',
      () => chat({ conversationId: direct, recipientId: bob, content: 'hi' }),
      'FORBIDDEN',
    ],
    [
      'to a group, for a recipient who is not in it',
      () => chat({ conversationId: group, recipientId: 'stranger', content: 'hi' }),
      'FORBIDDEN',
    ],
    ['of 4,001 characters', () => chat({ conversationId: group, content: 'x'.repeat(4_001) }), 'VALIDATION'],
    ['of 4,001 characters of four octets', () => chat({ content: '\u{1f44b}'.repeat(4_001) }), 'VALIDATION'],
    ['of spaces', () => chat({ content: ' \n\t ' }), 'VALIDATION'],
    ['of half a character', () => chat('{"content":"\\ud83d"}'), 'VALIDATION'],
    ['without content', () => chat({}), 'VALIDATION'],
    ['of a number', () => chat({ content: 7 }), 'VALIDATION'],
    ['to a conversation id with a slash', () => chat({ conversationId: 'a/b', content: 'hi' }), 'VALIDATION'],
    ['to a recipient id with a slash', () => chat({ recipientId: 'a/b', content: 'hi' }), 'VALIDATION'],
    ['to a recipient of terminal escapes', () => chat({ recipientId: '\u001b[2J', content: 'hi' }), 'VALIDATION'],
    [
      'under a name of terminal escapes',
      () => send('/app/chat', { sender: '\u001b[31mred', content: 'hi' }, 'receipt:never'),
      'VALIDATION',
    ],
    [
      'with a clientMessageId of 65 characters',
      () => chat({ content: 'x', clientMessageId: 'x'.repeat(65) }),
      'VALIDATION',
    ],
    ['with an empty clientMessageId', () => chat({ content: 'x', clientMessageId: '' }), 'VALIDATION'],
    ['of a type that there is not', () => chat({ content: 'x', type: 'SYSTEM' }), 'VALIDATION'],
    ['that marks what one cannot see, by its id', () => send('/app/chat.read', { id: secretId }), 'NOT_FOUND'],
    ['that marks what nobody has written', () => send('/app/chat.read', { id: 'nothing' }), 'NOT_FOUND'],
    [
      'that marks what one cannot see, by its place',
      () => send('/app/chat.read', { conversationId: direct, seq: 1 }),
      'FORBIDDEN',
    ],
    [
      'that marks in a conversation that is not there',
      () => send('/app/chat.read', { conversationId: 'nowhere', seq: 1 }),
      'FORBIDDEN',
    ],
    ['that reads past the end', () => send('/app/chat.read', { conversationId: group, seq: 2 }), 'VALIDATION'],
    ['that reads nothing', () => send('/app/chat.read', { conversationId: group, seq: 0 }), 'VALIDATION'],
    ['that announces another user', () => send('/app/user.connect', { userId: ann }), 'FORBIDDEN'],
    ['of a status that there is not', () => send('/app/user.presence', { status: 'ASLEEP' }), 'VALIDATION'],
    [
      'that looks at a resource with a slash',
      () => send('/app/presence/update', { resourceType: 'a', resourceId: 'b/c' }),
      'VALIDATION',
    ],
    ['that is no JSON', () => chat('{"content":'), 'VALIDATION'],
  ])('%s', async (_what, frame, code) => {
    const before = await everything();
    const count = client.unread.length;
    client.send(frame());
    await client.until(() => client.unread.length > count, 'an answer');
    const notice = client.unread.at(-1);
    expect(notice?.headers.subscription).toBe('errors');
    const { retryable, ...told } = ErrorNotice.parse(JSON.parse(notice?.body ?? ''));
    expect({ code: told.code, retryable }).toEqual({ code, retryable: false });
    for (const text of ['secret', '\u001b']) expect(told.message).not.toContain(text);
    await client.settled();
    expect(client.isClosed).toBe(false);
    expect(await everything()).toBe(before);
  });
});

describe('reading past the end', () => {
  it('of the history: an empty page', async () => {
    const page = await http(server, ann, 'GET', `/api/chat/history?conversationId=${group}&after=999`);
    expect([page.status, page.json()]).toMatchObject([200, { messages: [], hasMore: false }]);
  });

  it('by after-seq: from the end on', async () => {
    const reader = await server.connect('1.2', bob);
    await subscribed(reader, `/topic/conversation/${group}`, 'id:g', 'after-seq:999');
    await http(server, ann, 'POST', '/api/chat/messages', { conversationId: group, content: 'next' });
    expect((await received(reader, 'g', 1)).map((frame) => bodyOf(frame).content)).toEqual(['next']);
  });
});

it('a recipient who does not exist gets the message when they come', async () => {
  const newcomer = newUser('newcomer');
  const sent = await http(server, ann, 'POST', '/api/chat/messages', { recipientId: newcomer, content: 'welcome' });
  expect(sent.status).toBe(201);
  const reader = await subscribed(await server.connect('1.2', newcomer), '/user/queue/messages', 'id:q');
  expect((await received(reader, 'q', 1)).map((frame) => bodyOf(frame).content)).toEqual(['welcome']);
});

describe('who one is', () => {
  it.each(['a/b', '\u001b[31mred', 'a b', 'x'.repeat(65)])('cannot be %j: ERROR VALIDATION, close', async (name) => {
    const stranger = await server.open();
    stranger.send(raw('CONNECT', 'accept-version:1.2', 'host:x', `login:${name}`));
    expect((await stranger.errorThenClose()).headers.code).toBe('VALIDATION');
  });
});
