/** The contract of `chat/server-mailbox`. The factory gives fresh data; each call of what it resolves with is another server. */
import { ConversationId, ServerId, UserId } from '@rtd/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Letter } from '../../src/chat/hints.ts';
import type { ServerMailbox } from '../../src/chat/server-mailbox.ts';
import { type Cleanup, createCleanup, newMessageId, upTo } from './chat-fixture.ts';

export type MailboxFactory = (cleanup: Cleanup) => Promise<() => Promise<ServerMailbox>>;

const one = ServerId.parse('one');
const two = ServerId.parse('two');
const ann = UserId.parse('ann');
const conversationId = ConversationId.parse('team');
const timestamp = '2026-01-31T09:00:00.123Z';

const message = (seq: number): Letter => ({
  kind: 'message',
  from: one,
  roster: 3,
  message: {
    id: newMessageId(),
    conversationId,
    seq,
    senderId: ann,
    senderName: 'ann',
    type: 'TEXT',
    content: 'γειά',
    timestamp,
  },
});
const letters = (): Letter[] => [
  message(1),
  {
    kind: 'confirmation',
    to: ann,
    confirmation: {
      id: newMessageId(),
      conversationId,
      seq: 1,
      status: 'DELIVERED',
      userId: UserId.parse('bob'),
      timestamp,
    },
  },
  {
    kind: 'receipt',
    to: ann,
    receipt: { id: newMessageId(), conversationId, seq: 1, readerId: UserId.parse('bob'), status: 'READ', timestamp },
  },
];

export function serverMailboxContract(factory: MailboxFactory): void {
  const cleanup = createCleanup();
  let connect: () => Promise<ServerMailbox>;
  beforeEach(async () => {
    connect = await factory(cleanup);
  });
  afterEach(() => cleanup.run());

  async function open(mailbox: ServerMailbox, server: ServerId) {
    const got: Letter[] = [];
    const stop = await mailbox.open(server, { letter: (letter) => void got.push(letter), recovered() {} });
    return { got, stop };
  }

  test('a letter reaches the server that it is for, whole, and no other', async () => {
    const [mine, other] = [await connect(), await connect()];
    const [ofOne, ofTwo] = [await open(mine, one), await open(other, two)];
    const sent = letters();
    for (const letter of sent) mine.post(two, letter);
    await vi.waitFor(() => expect(ofTwo.got).toEqual(sent));
    other.post(one, message(2));
    await vi.waitFor(() => expect(ofOne.got).toHaveLength(1));
    expect(ofTwo.got).toHaveLength(sent.length);
  });

  test('letters to a server that is up keep their order', async () => {
    const [mine, other] = [await connect(), await connect()];
    const { got } = await open(other, two);
    const sent = upTo(200).map(message);
    for (const letter of sent) mine.post(two, letter);
    await vi.waitFor(() => expect(got).toEqual(sent));
  });

  test('nobody home, a closed box, a stopped owner: nothing throws', async () => {
    const [mine, other] = [await connect(), await connect()];
    mine.post(two, message(1));
    const { got, stop } = await open(other, two);
    stop();
    stop();
    mine.post(two, message(2));
    const next = await open(other, two);
    mine.post(two, message(3));
    await vi.waitFor(() => expect(next.got.at(-1)).toMatchObject({ message: { seq: 3 } }));
    expect(got.filter((letter) => letter.kind === 'message' && letter.message.seq > 1)).toEqual([]);
    await mine.check();
    await mine.close();
    await mine.close();
    mine.post(two, message(4));
    await expect(mine.check()).rejects.toMatchObject({ name: 'RtdError', code: 'UNAVAILABLE' });
  });
}
