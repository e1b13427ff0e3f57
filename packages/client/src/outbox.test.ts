import { ConversationId, MessageId, RtdError } from '@rtd/protocol';
import { describe, expect, it, vi } from 'vitest';
import { manualClock } from '../test/manual-clock.ts';
import { type ChatWire, LinkLost, type Sent } from './chat-wire.ts';
import { Outbox } from './outbox.ts';
import { memoryOutboxStore, type OutboxEntry, type OutboxStore } from './outbox-store.ts';
import { newClientMessageId } from './random-ids.ts';

const entryOf = (content: string): OutboxEntry => ({
  clientMessageId: newClientMessageId(),
  content,
  createdAt: '2026-01-31T09:00:00.000Z',
});

/** A wire whose answers the test gives, one by one. */
function wireByHand() {
  const asked: { readonly content: string; answer(sent?: RtdError | LinkLost): void }[] = [];
  const wire: ChatWire = {
    kind: 'live',
    serve: () => () => {},
    deliver: ({ content }) =>
      new Promise<Sent>((resolve, reject) => {
        asked.push({
          content,
          answer: (refusal) => {
            const seq = asked.length;
            const place = { id: MessageId.parse(`m${seq}`), conversationId: ConversationId.parse('global'), seq };
            if (refusal === undefined) resolve({ ...place, timestamp: '2026-01-31T09:00:01.000Z' });
            else reject(refusal);
          },
        });
      }),
    tell: () => true,
    close: () => Promise.resolve(),
    abort: () => {},
  };
  return { wire, asked };
}

function outboxWith(store: OutboxStore = memoryOutboxStore()) {
  const clock = manualClock();
  const steps: string[] = [];
  const troubles: string[] = [];
  const outbox = new Outbox({
    store,
    clock,
    random: () => 0.5,
    onChange: ({ content, state }) => steps.push(`${content} ${state.kind}`),
    onStoreTrouble: ({ message }) => troubles.push(message),
  });
  return { clock, steps, troubles, outbox };
}

describe('Outbox', () => {
  it('sends one at a time, so that nothing overtakes', async () => {
    const { outbox, clock } = outboxWith();
    const { wire, asked } = wireByHand();
    outbox.attach(wire);
    for (const content of ['1', '2', '3']) void outbox.add(entryOf(content));
    await clock.advance(0);
    expect(asked.map(({ content }) => content)).toEqual(['1']);
    asked[0]?.answer();
    await clock.advance(0);
    expect(asked.map(({ content }) => content)).toEqual(['1', '2']);
  });

  it('sends again over the next wire what the last one did not settle, before all that came later', async () => {
    const { outbox, clock, steps } = outboxWith();
    const first = wireByHand();
    outbox.attach(first.wire);
    void outbox.add(entryOf('1'));
    await clock.advance(0);
    outbox.detach();
    first.asked[0]?.answer(new LinkLost());
    void outbox.add(entryOf('2'));
    const second = wireByHand();
    outbox.attach(second.wire);
    await clock.advance(0);
    expect(second.asked.map(({ content }) => content)).toEqual(['1']);
    expect(steps).toEqual(['1 queued', '1 sending', '2 queued', '1 queued', '1 sending']);
  });

  it('waits 1, 2, 4 s where the server does not say how long, and as long as it says', async () => {
    const { outbox, clock } = outboxWith();
    const { wire, asked } = wireByHand();
    outbox.attach(wire);
    void outbox.add(entryOf('1'));
    const refusals: [RtdError, number][] = [
      [new RtdError('STORE_UNAVAILABLE', 'down'), 1_000],
      [new RtdError('STORE_UNAVAILABLE', 'down'), 2_000],
      [new RtdError('RATE_LIMITED', 'slower', { retryAfterMillis: 7_000 }), 7_000],
      [new RtdError('STORE_UNAVAILABLE', 'down'), 4_000],
    ];
    for (const [index, [refusal, waitMillis]] of refusals.entries()) {
      await clock.advance(0);
      asked[index]?.answer(refusal);
      await clock.advance(0);
      expect(outbox.messages[0]?.state).toEqual({
        kind: 'retrying',
        error: refusal,
        retryAt: clock.now() + waitMillis,
      });
      await clock.advance(waitMillis - 1);
      expect(asked).toHaveLength(index + 1);
      await clock.advance(1);
      expect(asked).toHaveLength(index + 2);
    }
  });

  it('tries a retrying message at once when told to, and only that one', async () => {
    const { outbox, clock } = outboxWith();
    const { wire, asked } = wireByHand();
    outbox.attach(wire);
    const [first, second] = [entryOf('1'), entryOf('2')];
    void outbox.add(first);
    void outbox.add(second);
    await clock.advance(0);
    asked[0]?.answer(new RtdError('UNAVAILABLE', 'busy'));
    await clock.advance(0);
    outbox.retry(second.clientMessageId);
    expect(asked).toHaveLength(1);
    outbox.retry(first.clientMessageId);
    expect(asked.map(({ content }) => content)).toEqual(['1', '1']);
  });

  it('refuses the 10,001st message that waits, aloud', async () => {
    const { outbox } = outboxWith();
    for (let i = 0; i < 10_000; i++) void outbox.add(entryOf(String(i)));
    const outcome = await outbox.add(entryOf('one too many'));
    expect(outcome.kind === 'refused' && outcome.error.code).toBe('UNAVAILABLE');
    expect(outbox.messages).toHaveLength(10_000);
  });

  it('sends what was kept before what is new, and keeps exactly what is unconfirmed', async () => {
    const store = memoryOutboxStore();
    const kept = entryOf('kept');
    await store.save([kept]);
    const { outbox, clock } = outboxWith(store);
    const fresh = entryOf('new');
    void outbox.add(fresh);
    const { wire, asked } = wireByHand();
    outbox.attach(wire);
    await clock.advance(0);
    expect(asked.map(({ content }) => content)).toEqual(['kept']);
    expect(await store.load()).toEqual([kept, fresh]);
    asked[0]?.answer();
    await clock.advance(0);
    expect(await store.load()).toEqual([fresh]);
    await outbox.close();
    expect(await store.load()).toEqual([fresh]);
  });

  it('goes on where the store cannot be written, and says so', async () => {
    const save = vi.fn(() => Promise.reject(new Error('the disk is full')));
    const { outbox, clock, troubles } = outboxWith({ load: () => Promise.resolve([]), save });
    const { wire, asked } = wireByHand();
    outbox.attach(wire);
    const sending = outbox.add(entryOf('1'));
    await clock.advance(0);
    asked[0]?.answer();
    expect((await sending).kind).toBe('sent');
    expect(troubles[0]).toMatch(/cannot be written.*the disk is full/);
  });

  it('saves one list at a time, the newest last', async () => {
    let saving = 0;
    const saved: number[] = [];
    const store: OutboxStore = {
      load: () => Promise.resolve([]),
      save: async (entries) => {
        saving += 1;
        expect(saving).toBe(1);
        await new Promise((resolve) => setImmediate(resolve));
        saved.push(entries.length);
        saving -= 1;
      },
    };
    const { outbox, clock, troubles } = outboxWith(store);
    await clock.advance(0);
    for (let i = 0; i < 100; i++) void outbox.add(entryOf(String(i)));
    await outbox.close();
    expect(saved.at(-1)).toBe(100);
    expect(saved.length).toBeLessThan(10);
    expect(troubles).toEqual([]);
  });
});
