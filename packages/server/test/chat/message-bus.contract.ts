/** The contract of `chat/message-bus`. The factory gives fresh data; each call of what it resolves with is another server. */
import { ConversationId, ServerId, UserId } from '@rtd/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { BusHint } from '../../src/chat/hints.ts';
import type { MessageBus } from '../../src/chat/message-bus.ts';
import { type Cleanup, createCleanup, newMessageId } from './chat-fixture.ts';

export type BusFactory = (cleanup: Cleanup) => Promise<() => Promise<MessageBus>>;

const from = ServerId.parse('one');
const conversationId = ConversationId.parse('team');
const timestamp = '2026-01-31T09:00:00.123Z';

/** One of each kind, with what is easily lost on the way: absent fields, any Unicode. */
export const HINTS: readonly BusHint[] = [
  {
    kind: 'message',
    from,
    roster: 3,
    message: {
      id: newMessageId(),
      conversationId,
      seq: 7,
      senderId: UserId.parse('Zoë'),
      senderName: 'Zoë',
      type: 'TEXT',
      content: 'γειά 👩‍👩‍👧 "\n\u001b[31m',
      timestamp,
    },
  },
  { kind: 'roster', from, conversationId, roster: 4 },
  {
    kind: 'typing',
    from,
    typing: { conversationId, userId: UserId.parse('ann'), userName: 'ann', isTyping: true, timestamp },
  },
];

export function messageBusContract(factory: BusFactory): void {
  const cleanup = createCleanup();
  let connect: () => Promise<MessageBus>;
  beforeEach(async () => {
    connect = await factory(cleanup);
  });
  afterEach(() => cleanup.run());

  async function listen(bus: MessageBus) {
    const got: BusHint[] = [];
    const stop = await bus.subscribe({ hint: (hint) => void got.push(hint), recovered() {} });
    return { got, stop };
  }

  test('a hint reaches the subscribers of every other server, whole', async () => {
    const [one, two, three] = [await connect(), await connect(), await connect()];
    const [ofTwo, again, ofThree] = [await listen(two), await listen(two), await listen(three)];
    for (const hint of HINTS) one.publish(hint);
    for (const { got } of [ofTwo, again, ofThree]) {
      await vi.waitFor(() => expect(new Set(got)).toEqual(new Set(HINTS)));
    }
  });

  test('who has stopped listening hears nothing more', async () => {
    const [one, two] = [await connect(), await connect()];
    const [stopped, listening] = [await listen(two), await listen(two)];
    stopped.stop();
    stopped.stop();
    for (const hint of HINTS) one.publish(hint);
    await vi.waitFor(() => expect(listening.got).toHaveLength(HINTS.length));
    expect(stopped.got).toEqual([]);
  });

  test('is ready, until closed; then it publishes into the void, and may be closed again', async () => {
    const bus = await connect();
    await bus.check();
    await bus.close();
    await bus.close();
    for (const hint of HINTS) bus.publish(hint);
    await expect(bus.check()).rejects.toMatchObject({ name: 'RtdError', code: 'UNAVAILABLE' });
  });
}
