import type { ChatMessage, Tick } from '@rtd/protocol';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { connectChat, connectMarket } from '../src/index.ts';
import { startTestServer } from './test-server.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

describe.each(['ws', 'poll'] as const)('a chat session over %s', (transport) => {
  it('gets the backlog, then what is said, and sends', async () => {
    const server = await startTestServer();
    closing.push(() => server.close());
    await server.say('one');
    await server.say('two');
    const session = connectChat({ url: server.url, identity: { userId: 'ana' }, transport });
    closing.push(() => session.close());
    const got: ChatMessage[] = [];
    const subscription = session.subscribe('global', { onMessage: (message) => got.push(message) });
    await subscription.ready;
    expect(got.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(session.state.kind).toBe(transport === 'ws' ? 'live' : 'polling');
    const sending = session.send({ content: 'three' });
    expect(await sending.settled).toMatchObject({ kind: 'sent', seq: 3 });
    await server.say('four');
    await vi.waitFor(() => expect(got.map(({ content }) => content)).toEqual(['one', 'two', 'three', 'four']));
    expect(got[2]).toMatchObject({ clientMessageId: sending.clientMessageId, senderId: 'ana' });
  });
});

describe('a market stream', () => {
  it('gets a snapshot, then ticks', async () => {
    const server = await startTestServer();
    closing.push(() => server.close());
    await server.tick(1);
    const market = connectMarket({ url: server.url });
    closing.push(() => market.close());
    const snapshots: (readonly Tick[])[] = [];
    const ticks: number[] = [];
    market.on('snapshot', (snapshot) => snapshots.push(snapshot));
    market.on('tick', (tick) => ticks.push(tick.price));
    await vi.waitFor(() => expect(snapshots.length).toBe(1));
    await server.tick(2);
    await server.tick(3);
    await vi.waitFor(() => expect(ticks).toEqual([2, 3]));
    expect(market.state.kind).toBe('live');
  });
});
