import type { ChatSession, LinkState, OutgoingMessage, OutgoingState } from '@rtd/client';
import { ClientMessageId, ConversationId, RtdError } from '@rtd/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { sendingReport } from './sending-report.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A session that has one message, and does what it is told to. */
function session(): Pick<ChatSession, 'on' | 'outgoing'> & {
  message(state: OutgoingState): void;
  link(state: LinkState): void;
} {
  let outgoing: readonly OutgoingMessage[] = [];
  const listeners: { state?: (state: LinkState) => void; outgoing?: (message: OutgoingMessage) => void } = {};
  return {
    get outgoing() {
      return outgoing;
    },
    on: (event, listener) => {
      Object.assign(listeners, { [event]: listener });
      return () => undefined;
    },
    message: (state) => {
      const clientMessageId = ClientMessageId.parse('one');
      outgoing = [{ content: 'x', clientMessageId, createdAt: '2026-03-02T09:00:00.000Z', state }];
      for (const message of outgoing) listeners.outgoing?.(message);
    },
    link: (state) => listeners.state?.(state),
  };
}

const retrying = (error: RtdError): OutgoingState => ({ kind: 'retrying', error, retryAt: 0 });
const storeAway = retrying(new RtdError('STORE_UNAVAILABLE', 'The store is away.'));
const sent: OutgoingState = {
  kind: 'sent',
  id: 'message',
  conversationId: ConversationId.parse('global'),
  seq: 1,
  timestamp: '2026-03-02T09:00:00.000Z',
};

function reported(): ReturnType<typeof session> & {
  readonly lines: string[];
  trouble(): string | undefined;
} & Disposable {
  const lines: string[] = [];
  const present = session();
  const report = sendingReport(present, 30, (line) => void lines.push(line));
  const begun = report.begin();
  return Object.assign(present, {
    lines,
    trouble: () => report.trouble,
    [Symbol.dispose]: () => begun[Symbol.dispose](),
  });
}

test('why it is tried again is said at once, and once; then that it is stored', () => {
  using present = reported();
  present.message(storeAway);
  expect(present.lines).toEqual(['Not stored yet: The store is away. rtd goes on trying, 30 s in all (--timeout).']);
  present.message({ kind: 'sending' });
  present.message(storeAway);
  vi.advanceTimersByTime(60_000);
  expect(present.lines).toHaveLength(1);
  expect(present.trouble()).toBe('The store is away');
  present.message(sent);
  expect(present.lines.slice(1)).toEqual(['Stored now.']);
  expect(present.trouble()).toBeUndefined();
});

test('a message that is stored at once, or waits for its turn only, is no news', () => {
  using present = reported();
  present.message({ kind: 'sending' });
  present.message(retrying(new RtdError('RATE_LIMITED', 'Slower.')));
  vi.advanceTimersByTime(60_000);
  present.message(sent);
  expect(present.lines).toEqual([]);
});

test('a cut, and a server that says nothing', () => {
  using cut = reported();
  cut.message({ kind: 'queued' });
  cut.link({ kind: 'waiting', retryAt: 0, retryInMillis: 0, why: 'The connection was cut.' });
  expect(cut.lines).toEqual([expect.stringContaining('The connection was cut.')]);
  using silent = reported();
  silent.message({ kind: 'sending' });
  vi.advanceTimersByTime(2_900);
  expect(silent.lines).toEqual([]);
  vi.advanceTimersByTime(200);
  expect(silent.lines).toEqual([expect.stringContaining('The server does not answer.')]);
});
