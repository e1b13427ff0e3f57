import { ChatMessage, Tick } from '@rtd/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chatLine, jsonLine, price, priceLine } from './lines.ts';

const HOSTILE = 'a\u001b[2J\u009b31m\u202eevil\n second';

// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is what the test is for
const OBEYED_BY_TERMINALS = /[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

function message(content: string): ChatMessage {
  return ChatMessage.parse({
    id: 'm1',
    conversationId: 'global',
    seq: 1,
    senderId: 'alice',
    senderName: 'alice',
    type: 'TEXT',
    content,
    status: 'SENT',
    timestamp: '2026-01-01T10:20:30.000Z',
  });
}

test('a JSON line is one line, harmless to a terminal, and holds exactly what was given', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (content) => {
      const line = jsonLine({ content: content + HOSTILE });
      expect(line).not.toMatch(OBEYED_BY_TERMINALS);
      expect(JSON.parse(line)).toEqual({ content: content + HOSTILE });
    }),
  );
});

test('a message is one line, harmless to a terminal, whatever it says', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (content) => {
      expect(chatLine(message(content + HOSTILE), { level: 0, date: true })).not.toMatch(OBEYED_BY_TERMINALS);
    }),
  );
});

test('a message shows who, to whom, and what', () => {
  const line = chatLine({ ...message('Lunch?'), recipientId: message('').senderId }, { level: 0 });
  expect(line).toMatch(/^\d\d:\d\d:\d\d alice > alice: Lunch\?$/);
});

test.each([
  [64_250.1, '64,250.10'],
  [72, '72.00'],
  [1.5, '1.5000'],
  [0.00001234, '0.00001234'],
])('the price %d is written %s', (value, written) => {
  expect(price(value)).toBe(written);
});

test('a price line aligns, and says in which direction', () => {
  const tick = (symbol: string, value: number, changePercent: number): Tick =>
    Tick.parse({ symbol, price: value, change: 0, changePercent, volume: 1, timestamp: '2026-01-01T10:20:30.000Z' });
  const up = priceLine(tick('BTC', 64_250.1, 0.314), { level: 0 });
  const down = priceLine(tick('OIL', 72, -1.5), { level: 0 });
  expect(up).toMatch(/ BTC +64,250\.10 +\+0\.31%$/);
  expect(down).toMatch(/ OIL +72\.00 +-1\.50%$/);
  expect(up).toHaveLength(down.length);
});
