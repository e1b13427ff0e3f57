/**
 * The promise of a session under random faults: every message once, in order, without holes; every message that was sent
 * stored once, in the order of sending. Over WebSocket, over polling, and over both with the seams between them.
 */
import type { ChatMessage } from '@rtd/protocol';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type ChatTransport, connectChat } from '../src/index.ts';
import { fastClock } from './fast-clock.ts';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import { startTestServer, TEST_SPEED, type TestServer } from './test-server.ts';

type Step =
  | { readonly does: 'say'; readonly times: number }
  | { readonly does: 'send'; readonly times: number }
  /** Every connection dies, after the answers to what was asked meanwhile were lost for some milliseconds. */
  | { readonly does: 'cut'; readonly deafMillis: number }
  | { readonly does: 'refuse'; readonly millis: number }
  | { readonly does: 'delay'; readonly millis: number }
  | { readonly does: 'upgrades'; readonly allowed: boolean }
  | { readonly does: 'wait'; readonly millis: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ does: fc.constant('say'), times: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 4, arbitrary: fc.record({ does: fc.constant('send'), times: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('cut'), deafMillis: fc.constantFrom(0, 0, 5, 30) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('refuse'), millis: fc.integer({ min: 1, max: 60 }) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('delay'), millis: fc.constantFrom(0, 2, 10) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('upgrades'), allowed: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('wait'), millis: fc.integer({ min: 1, max: 80 }) }) },
);

const sleep = (millis: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, millis));

let server: TestServer;
let run = 0;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

async function perform(step: Step, proxy: FaultProxy, say: () => Promise<unknown>, send: () => void): Promise<void> {
  switch (step.does) {
    case 'say':
      for (let i = 0; i < step.times; i++) await say();
      return;
    case 'send':
      for (let i = 0; i < step.times; i++) send();
      return;
    case 'cut':
      proxy.swallows = 'answers';
      await sleep(step.deafMillis);
      proxy.cut();
      proxy.swallows = 'nothing';
      return;
    case 'refuse':
      proxy.refuses = true;
      proxy.cut();
      await sleep(step.millis);
      proxy.refuses = false;
      return;
    case 'delay':
      proxy.delayMillis = step.millis;
      return;
    case 'upgrades':
      proxy.refusesUpgrade = !step.allowed;
      proxy.cut();
      return;
    case 'wait':
      await sleep(step.millis);
  }
}

async function holdsOver(transport: ChatTransport, steps: readonly Step[]): Promise<void> {
  run += 1;
  const proxy = await startFaultProxy(server.url);
  const clock = fastClock(TEST_SPEED);
  const session = connectChat({ url: proxy.url, identity: { userId: 'ana' }, transport, clock });
  try {
    const got: ChatMessage[] = [];
    const { ready } = session.subscribe('global', { backlog: 0, onMessage: (message) => got.push(message) });
    // From here on every message is the subscriber's.
    await ready;
    const before = await session.api.history({ limit: 1 });
    const first = (before.messages.at(-1)?.seq ?? 0) + 1;

    let newest = first - 1;
    let said = 0;
    const sendings: { content: string; outcome: Promise<unknown> }[] = [];
    const say = async (): Promise<void> => {
      said += 1;
      newest = await server.say(`said ${run}.${said}`);
    };
    const send = (): void => {
      const content = `sent ${run}.${sendings.length}`;
      sendings.push({ content, outcome: session.send({ content }).settled });
    };
    await say();
    for (const each of steps) await perform(each, proxy, say, send);
    proxy.refusesUpgrade = false;
    proxy.refuses = false;
    await say();

    const outcomes = await Promise.all(sendings.map(({ outcome }) => outcome));
    expect(outcomes.every((outcome) => (outcome as { kind: string }).kind === 'sent')).toBe(true);
    const expected = said + sendings.length;
    await vi.waitFor(() => expect(got.at(-1)?.seq).toBeGreaterThanOrEqual(Math.max(newest, first + expected - 1)), {
      timeout: 10_000,
      interval: 5,
    });
    expect(got.map(({ seq }) => seq)).toEqual(Array.from({ length: expected }, (_, index) => first + index));
    const mine = got.filter(({ senderId }) => senderId === 'ana').map(({ content }) => content);
    expect(mine).toEqual(sendings.map(({ content }) => content));
    expect(session.outgoing).toEqual([]);
  } finally {
    await session.close();
    await proxy.close();
  }
  expect(clock.pending).toBe(0);
}

describe.each(['ws', 'poll', 'auto'] as const)('over %s', (transport) => {
  it('nothing is lost, doubled or out of order, whatever the network does', async () => {
    const steps = fc.array(
      step.filter((each) => transport !== 'ws' || each.does !== 'upgrades'),
      { minLength: 4, maxLength: 14 },
    );
    await fc.assert(
      fc.asyncProperty(steps, (each) => holdsOver(transport, each)),
      { numRuns: 10, interruptAfterTimeLimit: 15_000, markInterruptAsFailure: false, endOnFailure: true },
    );
  }, 60_000);
});
