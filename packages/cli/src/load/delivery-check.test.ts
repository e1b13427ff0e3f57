import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DeliveryCheck, type SentMessages } from './delivery-check.ts';

/** Two senders by turns: even numbers are the first one's. */
function sent(count: number, unacknowledged: readonly number[] = []): SentMessages {
  return { count, isAcknowledged: (number) => !unacknowledged.includes(number), senderOf: (number) => number % 2 };
}

test('all in order: nothing is wrong', () => {
  const check = new DeliveryCheck(2, 2, sent(4));
  for (const client of [0, 1]) for (const number of [0, 2, 1, 3]) check.arrived(client, number);
  expect(check.complete).toBe(true);
  expect(check.verdict()).toEqual({
    acknowledged: 4,
    unacknowledged: 0,
    clients: 2,
    lost: 0,
    missingUnacknowledged: 0,
    repeated: 0,
    reordered: 0,
    clientsWithLoss: 0,
    messagesWithLoss: 0,
    clientFaults: [],
    examples: [],
  });
});

test('lost, repeated and reordered are counted by client, and shown by example', () => {
  const check = new DeliveryCheck(2, 2, sent(6, [5]));
  for (const number of [0, 2, 2, 4, 1, 3]) check.arrived(0, number);
  for (const number of [0, 4, 2, 1]) check.arrived(1, number);
  expect(check.complete).toBe(false);
  expect(check.verdict()).toMatchObject({
    acknowledged: 5,
    unacknowledged: 1,
    lost: 1,
    missingUnacknowledged: 2,
    repeated: 1,
    reordered: 1,
    clientsWithLoss: 1,
    messagesWithLoss: 1,
    clientFaults: [
      { client: 1, lost: 1, repeated: 0, reordered: 1 },
      { client: 0, lost: 0, repeated: 1, reordered: 0 },
    ],
    examples: [
      'client 0: message 2 came again',
      'client 1: message 2 came behind a later one',
      'client 1: message 3 was acknowledged and never came',
    ],
  });
});

test('law: of any arrivals, first ones and repetitions add up, and what never came is lost', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(99)), (arrivals) => {
      const check = new DeliveryCheck(1, 1, { count: 100, isAcknowledged: () => true, senderOf: () => 0 });
      for (const number of arrivals) check.arrived(0, number);
      const different = new Set(arrivals).size;
      const verdict = check.verdict();
      expect(verdict.lost).toBe(100 - different);
      expect(verdict.repeated).toBe(arrivals.length - different);
    }),
  );
});
