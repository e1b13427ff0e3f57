import { expect, test } from 'vitest';
import { MOST_SLOW_CLIENTS, slowestOf, type WaitingClient } from './slow-clients.ts';

function waiting(user: string, queuedBytes: number, transport = 'websocket'): WaitingClient {
  return { transport, user, queuedBytes };
}

test('the worst first, and no more than a few of very many', () => {
  const many = Array.from({ length: 10_000 }, (_, index) => waiting(`user-${index}`, 20_000 + index));
  expect(slowestOf(many).map(({ user }) => user)).toEqual([9_999, 9_998, 9_997, 9_996, 9_995].map((n) => `user-${n}`));
  expect(MOST_SLOW_CLIENTS).toBe(5);
  expect(slowestOf([])).toEqual([]);
});

test('several connections of a user by the same way are one client, by two ways they are two', () => {
  const found = slowestOf([
    waiting('ann', 20_000),
    waiting('bob', 50_000),
    waiting('ann', 40_000),
    waiting('ann', 17_000, 'sse'),
  ]);
  expect(found).toEqual([waiting('ann', 60_000), waiting('bob', 50_000), waiting('ann', 17_000, 'sse')]);
});
