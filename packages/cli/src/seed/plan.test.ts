import { ChatMessage, GLOBAL_CONVERSATION, NewConversation, Tick } from '@rtd/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { plannedMarket, plannedMessage, planSeed, readShare } from './plan.ts';

const DAY = 86_400_000;
const today = { from: Date.UTC(2026, 5, 1), to: Date.UTC(2026, 5, 2) };
const tomorrow = { from: today.from + DAY, to: today.to + DAY };

test('any plan holds together: its rooms can be made, and whoever sends is in the conversation', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 400 }), fc.stringMatching(/^[\w.-]{1,24}$/), (users, seed) => {
      const plan = planSeed({ seed, users });
      expect(new Set(plan.people).size).toBe(users);
      for (const room of plan.rooms) {
        expect(NewConversation.parse(room)).toBeDefined();
        expect(new Set(room.members).size).toBe(room.members.length);
        expect(room.members).toContain(room.creatorId);
        expect(plan.people).toEqual(expect.arrayContaining([...room.members]));
      }
      for (const [one, other] of plan.pairs) expect(one).not.toBe(other);
      for (let index = 0; index < 40; index += 1) {
        const message = plannedMessage(plan, index, 40, today);
        expect(ChatMessage.parse({ ...message, type: 'TEXT', status: 'SENT', seq: 1 })).toBeDefined();
        const room = plan.rooms.find(({ id }) => id === message.conversationId);
        const members = room?.members ?? message.opening?.members ?? plan.people;
        expect(members).toContain(message.senderId);
        if (room === undefined && message.opening === undefined)
          expect(message.conversationId).toBe(GLOBAL_CONVERSATION);
      }
    }),
    { numRuns: 60 },
  );
});

test('the same seed gives the same rooms, ids and words at any time; another seed gives others', () => {
  const messages = (seed: string, span: typeof today) => {
    const plan = planSeed({ seed, users: 12 });
    return Array.from({ length: 50 }, (_, index) => plannedMessage(plan, index, 50, span));
  };
  const words = (all: ReturnType<typeof messages>) => all.map(({ timestamp, ...rest }) => rest);
  expect(planSeed({ seed: 'a', users: 12 })).toEqual(planSeed({ seed: 'a', users: 12 }));
  expect(words(messages('a', today))).toEqual(words(messages('a', tomorrow)));
  const ids = new Set(messages('a', today).map(({ id }) => id));
  expect(ids.size).toBe(50);
  for (const { id } of messages('b', today)) expect(ids).not.toContain(id);
});

test('messages go through the day in order, and within it', () => {
  const plan = planSeed({ seed: 'time', users: 5 });
  const times = Array.from({ length: 100 }, (_, index) =>
    Date.parse(plannedMessage(plan, index, 100, today).timestamp),
  );
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(times[0]).toBe(today.from);
  expect(times.at(-1)).toBeLessThan(today.to);
});

test('the market makes as many ticks as were asked for within the day', () => {
  for (const count of [8, 1_000, 5_000]) {
    const ticks = plannedMarket('m', count, today).take(today.to, count + 100);
    expect(Math.abs(ticks.length - count)).toBeLessThanOrEqual(1);
    for (const tick of ticks) expect(Tick.parse(tick)).toEqual(tick);
    expect(Date.parse(ticks[0]?.timestamp ?? '')).toBeGreaterThanOrEqual(today.from);
    expect(Date.parse(ticks.at(-1)?.timestamp ?? '')).toBeLessThanOrEqual(today.to);
  }
});

test('some have read everything, some have not', () => {
  const plan = planSeed({ seed: 'read', users: 40 });
  const shares = plan.people.map((userId) => readShare(plan, GLOBAL_CONVERSATION, userId));
  expect(shares.filter((share) => share === 1).length).toBeGreaterThan(10);
  expect(shares.filter((share) => share < 1).length).toBeGreaterThan(5);
});
