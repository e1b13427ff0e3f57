/** What was handed to `send` is stored once, in order, or refused aloud. */
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ChatOptions, type ChatSession, connectChat, createHttpApi, type OutgoingMessage } from '../src/index.ts';
import { fileOutboxStore } from '../src/node.ts';
import { closedAfterTest } from './closing.ts';
import { fastClock } from './fast-clock.ts';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import { startTestServer, TEST_SPEED, type TestServer } from './test-server.ts';

let server: TestServer;
let proxy: FaultProxy;
let file: string;
/** A new one a test. */
let conversationId: string;

beforeEach(async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'rtd-outbox-'));
  closedAfterTest({ close: () => rm(folder, { recursive: true }) });
  file = path.join(folder, 'deep', 'outbox.json');
  proxy = closedAfterTest(await startFaultProxy(server.url));
  const api = createHttpApi({ url: server.url, identity: { userId: 'ana' } });
  conversationId = (await api.createConversation({ kind: 'group' })).id;
});
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

function connect(options: Partial<ChatOptions> = {}): ChatSession {
  const clock = fastClock(TEST_SPEED);
  return closedAfterTest(connectChat({ url: proxy.url, identity: { userId: 'ana' }, clock, ...options }));
}

async function stored(): Promise<string[]> {
  const { messages } = await createHttpApi({ url: server.url, identity: { userId: 'ana' } }).history({
    conversationId,
  });
  return messages.map(({ content }) => content);
}

describe.each(['ws', 'poll'] as const)('over %s', (transport) => {
  it('sends during an outage arrive once and in order, after it', async () => {
    const session = connect({ transport });
    await session.send({ content: '0', conversationId }).settled;
    proxy.refuses = true;
    proxy.cut();
    const sendings = ['1', '2', '3'].map((content) => session.send({ content, conversationId }));
    expect(session.outgoing.map(({ content }) => content)).toEqual(['1', '2', '3']);
    await vi.waitFor(() => expect(session.state.kind).toBe('waiting'), { timeout: 5_000 });
    expect(await stored()).toEqual(['0']);
    proxy.refuses = false;
    const outcomes = await Promise.all(sendings.map(({ settled }) => settled));
    expect(outcomes.map((outcome) => outcome.kind === 'sent' && outcome.seq)).toEqual([2, 3, 4]);
    expect(await stored()).toEqual(['0', '1', '2', '3']);
    expect(session.outgoing).toEqual([]);
  });

  it('a message whose confirmation was lost is stored once', async () => {
    const session = connect({ transport });
    await session.send({ content: '0', conversationId }).settled;
    proxy.swallows = 'answers';
    const sending = session.send({ content: 'once', conversationId });
    await vi.waitFor(async () => expect(await stored()).toEqual(['0', 'once']));
    proxy.cut();
    proxy.swallows = 'nothing';
    expect(await sending.settled).toMatchObject({ kind: 'sent', seq: 2 });
    expect(await stored()).toEqual(['0', 'once']);
  });

  it('tells each step, and what the server refuses for good, without holding up the next', async () => {
    const session = connect({ transport });
    const steps: string[] = [];
    session.on('outgoing', ({ content, state }: OutgoingMessage) => steps.push(`${content} ${state.kind}`));
    const foreign = await createHttpApi({ url: server.url, identity: { userId: 'ben' } }).createConversation({
      kind: 'group',
    });
    const refused = session.send({ content: 'a', conversationId: foreign.id });
    const sent = session.send({ content: 'b', conversationId });
    const outcome = await refused.settled;
    expect(outcome.kind === 'refused' && outcome.error.code).toBe('FORBIDDEN');
    expect((await sent.settled).kind).toBe('sent');
    expect(steps.filter((step) => step !== 'b queued')).toEqual([
      'a queued',
      'a sending',
      'a refused',
      'b sending',
      'b sent',
    ]);
  });
});

describe('refused at once', () => {
  it.each([
    ['nothing to say', { content: '  ' }],
    ['4,001 characters', { content: 'x'.repeat(4_001) }],
    ['an id with a slash', { content: 'x', conversationId: 'a/b' }],
  ])('%s', async (_, message) => {
    const session = connect();
    const outcome = await session.send(message).settled;
    expect(outcome.kind === 'refused' && outcome.error.code).toBe('VALIDATION');
    expect(session.outgoing).toEqual([]);
  });
});

describe.each(['ws', 'poll'] as const)('a refusal for now over %s', (transport) => {
  it('is tried again by itself when the server says, in order', async () => {
    // Slow enough that a second message is too early on any machine.
    const clock = fastClock(2);
    const limits = { RTD_LIMIT_MESSAGES_PER_SECOND: '1', RTD_LIMIT_MESSAGE_BURST: '1' };
    const limited = closedAfterTest(await startTestServer(limits, clock));
    const session = connect({ url: limited.url, transport, clock });
    const retries: string[] = [];
    session.on('outgoing', ({ state }) => {
      if (state.kind === 'retrying') retries.push(state.error.code);
    });
    const sendings = ['1', '2'].map((content) => session.send({ content }));
    const outcomes = await Promise.all(sendings.map(({ settled }) => settled));
    expect(outcomes.map((outcome) => outcome.kind === 'sent' && outcome.seq)).toEqual([1, 2]);
    expect(new Set(retries)).toEqual(new Set(['RATE_LIMITED']));
  });
});

describe('discard and close', () => {
  it('give messages up, and say so', async () => {
    proxy.refuses = true;
    const session = connect();
    const [first, second] = [
      session.send({ content: '1', conversationId }),
      session.send({ content: '2', conversationId }),
    ];
    session.discard(first.clientMessageId);
    const discarded = await first.settled;
    expect(discarded.kind === 'refused' && discarded.error.code).toBe('CONFLICT');
    expect(session.outgoing.map(({ content }) => content)).toEqual(['2']);
    await session.close();
    expect((await second.settled).kind).toBe('refused');
    const late = await session.send({ content: '3', conversationId }).settled;
    expect(late.kind === 'refused' && late.error.code).toBe('UNAVAILABLE');
  });
});

describe('an outbox in a file', () => {
  it('survives a restart: what was not confirmed is sent by the next session, once and first', async () => {
    proxy.refuses = true;
    const before = connect({ outbox: fileOutboxStore(file) });
    const ids = ['1', '2'].map((content) => before.send({ content, conversationId }).clientMessageId);
    await before.close();
    expect((await stat(file)).mode & 0o777).toBe(0o600);

    proxy.refuses = false;
    const after = connect({ outbox: fileOutboxStore(file) });
    const third = after.send({ content: '3', conversationId });
    expect((await third.settled).kind).toBe('sent');
    const { messages } = await createHttpApi({ url: server.url, identity: { userId: 'ana' } }).history({
      conversationId,
    });
    expect(messages.map(({ content }) => content)).toEqual(['1', '2', '3']);
    expect(messages.slice(0, 2).map(({ clientMessageId }) => clientMessageId)).toEqual(ids);
    await after.close();
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual([]);
  });

  it('sends nothing twice that was stored while the program died', async () => {
    const before = connect({ outbox: fileOutboxStore(file) });
    await before.send({ content: '0', conversationId }).settled;
    proxy.swallows = 'answers';
    before.send({ content: 'once', conversationId });
    await vi.waitFor(async () => expect(await stored()).toEqual(['0', 'once']));
    await before.close();
    proxy.swallows = 'nothing';
    const after = connect({ outbox: fileOutboxStore(file) });
    await after.send({ content: 'next', conversationId }).settled;
    expect(await stored()).toEqual(['0', 'once', 'next']);
  });

  it('that is broken is left as it is, said aloud, and the session works without', async () => {
    await fileOutboxStore(file).save([]);
    await writeFile(file, '[{"content": ');
    const session = connect({ outbox: fileOutboxStore(file) });
    const notice = await new Promise<string>((resolve) => session.on('notice', ({ message }) => resolve(message)));
    expect(notice).toContain(file);
    expect((await session.send({ content: 'hello', conversationId }).settled).kind).toBe('sent');
    await session.close();
    expect(await readFile(file, 'utf8')).toBe('[{"content": ');
  });
});
