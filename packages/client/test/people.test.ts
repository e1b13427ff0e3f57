/** Typing, presence, read marks, delivery and the inbox, from one terminal to another. */
import type { ChatMessage, Presence, ResourcePresence, Typing } from '@rtd/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ChatOptions, type ChatSession, connectChat, type DeliveryChange } from '../src/index.ts';
import { closedAfterTest } from './closing.ts';
import { fastClock } from './fast-clock.ts';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import { startTestServer, TEST_SPEED, type TestServer } from './test-server.ts';

let server: TestServer;
let proxy: FaultProxy;
/** New users a test: nothing is left over from the one before. */
let users = 0;
let ana: string;
let ben: string;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  users += 1;
  ana = `ana-${users}`;
  ben = `ben-${users}`;
  proxy = closedAfterTest(await startFaultProxy(server.url));
});

function connect(userId: string, options: Partial<ChatOptions> = {}): ChatSession {
  return closedAfterTest(
    connectChat({ url: server.url, identity: { userId }, clock: fastClock(TEST_SPEED), ...options }),
  );
}

const isUp = (session: ChatSession): Promise<void> =>
  vi.waitFor(() => expect(['live', 'polling']).toContain(session.state.kind), { timeout: 5_000, interval: 5 });

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 8_000, interval: 5 });

const contents = (messages: readonly ChatMessage[]): string[] => messages.map(({ content }) => content);

it('who types is seen by the others, and seen to stop', async () => {
  const watching = connect(ben);
  const seen: Typing[] = [];
  const { ready } = watching.subscribe('global', { onMessage: () => {}, onTyping: (typing) => seen.push(typing) });
  await ready;
  const typing = connect(ana);
  await isUp(typing);
  typing.typing('global').keyPressed();
  await until(() => expect(seen.map(({ userId, isTyping }) => [userId, isTyping])).toEqual([[ana, true]]));
  await until(() => expect(seen.at(-1)).toMatchObject({ userId: ana, isTyping: false }));
  expect(typing.typing('global')).toBe(typing.typing('global'));
});

it('who comes, goes away and leaves is told, after a list of everybody', async () => {
  const watching = connect(ben);
  const lists: string[][] = [];
  const changes: Presence[] = [];
  watching.watchPresence({
    onList: (everybody) => lists.push(everybody.map(({ userId }) => userId)),
    onChange: (presence) => changes.push(presence),
  });
  await until(() => expect(lists).toHaveLength(1));
  const statuses = (): string[] => changes.filter(({ userId }) => userId === ana).map(({ status }) => status);
  const other = connect(ana);
  await until(() => expect(statuses()).toEqual(['ONLINE']));
  other.setPresence('AWAY');
  await until(() => expect(statuses()).toEqual(['ONLINE', 'AWAY']));
  await other.close();
  await until(() => expect(statuses()).toEqual(['ONLINE', 'AWAY', 'OFFLINE']));
});

it('one’s own status is told again after a reconnect', async () => {
  const session = connect(ana, { url: proxy.url });
  await isUp(session);
  session.setPresence('AWAY');
  const status = async (): Promise<string | undefined> =>
    (await session.api.presence()).find(({ userId }) => userId === ana)?.status;
  await vi.waitFor(async () => expect(await status()).toBe('AWAY'));
  proxy.cut();
  await until(() => expect(session.state.kind).toBe('waiting'));
  await isUp(session);
  await vi.waitFor(async () => expect(await status()).toBe('AWAY'));
});

it('who looks at something is told, as long as they do', async () => {
  const watching = connect(ben);
  const seen: ResourcePresence[] = [];
  watching.watchResource('symbol', `S${users}`, (presence) => seen.push(presence));
  const other = connect(ana);
  await isUp(other);
  other.lookAt('symbol', `S${users}`);
  await until(() => expect(seen.at(-1)?.users).toEqual([ana]));
  await other.close();
  await until(() => expect(seen.at(-1)?.users).toEqual([]));
});

describe('a message to somebody', () => {
  it('is SENT, DELIVERED, READ, and each is told to the sender', async () => {
    const sender = connect(ana);
    const changes: DeliveryChange[] = [];
    sender.on('delivery', (change) => changes.push(change));
    const sent = await sender.send({ content: 'hello', recipientId: ben }).settled;
    if (sent.kind !== 'sent') throw new Error(sent.kind);
    const receiver = connect(ben);
    const got: ChatMessage[] = [];
    receiver.watchInbox((message) => got.push(message));
    await until(() => expect(contents(got)).toEqual(['hello']));
    const { id, conversationId, seq } = sent;
    await until(() =>
      expect(changes).toEqual([expect.objectContaining({ id, conversationId, seq, status: 'DELIVERED', userId: ben })]),
    );
    receiver.markRead(conversationId, seq);
    await until(() => expect(changes.at(-1)).toMatchObject({ id, status: 'READ', userId: ben }));
  });

  it('is read once the link is back, where it was read while it was gone', async () => {
    const sender = connect(ana);
    const sent = await sender.send({ content: 'hello', recipientId: ben }).settled;
    if (sent.kind !== 'sent') throw new Error(sent.kind);
    const receiver = connect(ben, { url: proxy.url });
    await isUp(receiver);
    proxy.refuses = true;
    proxy.cut();
    await until(() => expect(receiver.state.kind).toBe('waiting'));
    receiver.markRead(sent.conversationId, sent.seq);
    proxy.refuses = false;
    await vi.waitFor(
      async () => {
        const [conversation] = (await receiver.api.conversations()).filter(({ id }) => id === sent.conversationId);
        expect(conversation?.unread).toBe(0);
      },
      { timeout: 8_000 },
    );
  });
});

describe.each(['ws', 'poll', 'auto'] as const)('the inbox over %s', (transport) => {
  it('has what came while away, then what comes, each once over cuts, from every conversation', async () => {
    const sender = connect(ana);
    const send = (content: string): Promise<unknown> => sender.send({ content, recipientId: ben }).settled;
    await send('1');
    await send('2');
    const receiver = connect(ben, { url: proxy.url, transport });
    const got: ChatMessage[] = [];
    receiver.watchInbox((message) => got.push(message));
    await until(() => expect(contents(got)).toEqual(['1', '2']));
    await send('3');
    proxy.cut();
    await send('4');
    await until(() => expect(contents(got)).toEqual(['1', '2', '3', '4']));
    if (transport === 'auto') {
      proxy.refusesUpgrade = true;
      proxy.cut();
      await send('5');
      await until(() => expect(receiver.state.kind).toBe('polling'));
      await send('6');
      proxy.refusesUpgrade = false;
      await until(() => expect(receiver.state.kind).toBe('live'));
      await send('7');
      await until(() => expect(contents(got)).toEqual(['1', '2', '3', '4', '5', '6', '7']));
    }
    const third = connect(`cem-${users}`);
    await third.send({ content: 'hi', recipientId: ben }).settled;
    await until(() => expect(contents(got).at(-1)).toBe('hi'));
    expect(new Set(got.map(({ id }) => id)).size).toBe(got.length);
  });
});

describe.each(['ws', 'poll'] as const)('a conversation over %s', (transport) => {
  it('of others is denied, aloud, and the rest goes on', async () => {
    const other = connect(ana);
    const group = await other.api.createConversation({ kind: 'group' });
    const session = connect(ben, { transport });
    const ended = new Promise<string>((resolve) => {
      session.subscribe(group.id, { afterSeq: 0, onMessage: () => {}, onEnded: ({ code }) => resolve(code) });
    });
    const got: ChatMessage[] = [];
    const global = session.subscribe('global', { backlog: 0, onMessage: (message) => got.push(message) });
    expect(await ended).toBe('FORBIDDEN');
    await global.ready;
    await server.say('still here');
    await until(() => expect(contents(got)).toEqual(['still here']));
  });

  it('that one is removed from ends, aloud', async () => {
    const owner = connect(ana);
    const group = await owner.api.createConversation({ kind: 'group', members: [] });
    await owner.api.addMember(group.id, ben);
    const session = connect(ben, { transport });
    const ended = vi.fn();
    const got: ChatMessage[] = [];
    const subscription = session.subscribe(group.id, {
      onMessage: (message) => got.push(message),
      onEnded: ({ code }) => ended(code),
    });
    await subscription.ready;
    await owner.send({ content: 'one', conversationId: group.id }).settled;
    await until(() => expect(contents(got)).toEqual(['one']));
    await owner.api.removeMember(group.id, ben);
    await owner.send({ content: 'two', conversationId: group.id }).settled;
    await until(() => expect(ended).toHaveBeenCalledExactlyOnceWith('FORBIDDEN'));
    expect(contents(got)).toEqual(['one']);
    expect(['live', 'polling']).toContain(session.state.kind);
  });
});
