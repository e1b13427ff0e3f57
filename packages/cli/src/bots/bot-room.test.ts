import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { randomFromSeed } from '../random.ts';
import { ALONE_LINES, type BotLine, type BotRoom, createBotRoom, MAX_WAITING, ROOM_GAP_MILLIS } from './bot-room.ts';
import { PERSONAS } from './personas.ts';

const BOTS = PERSONAS.map(({ userId }) => userId);
type Said = BotLine & { readonly at: number };

function room(seed = 'a'): BotRoom {
  return createBotRoom(PERSONAS, randomFromSeed(seed));
}

function person(content: string, senderId = 'alice'): { senderId: string; senderName: string; content: string } {
  return { senderId, senderName: senderId, content };
}

/** What is said from `from` to `to`; bots hear each other, as they do on a server. */
function listen(bots: BotRoom, from: number, to: number): Said[] {
  const said: Said[] = [];
  for (let now = from; now <= to; now += 100) {
    const line = bots.next(now);
    if (line === undefined) continue;
    said.push({ ...line, at: now });
    bots.hear({ senderId: line.userId, senderName: line.userId, content: line.text }, now);
  }
  return said;
}

function prices(bots: BotRoom, now: number): void {
  for (const [symbol, price] of [
    ['BTC', 64_250.1],
    ['GOLD', 2_655],
    ['AAPL', 229],
  ] as const) {
    bots.see({ symbol, price, changePercent: 0.42 }, now);
  }
}

describe('the bots', () => {
  test('say something within a few seconds of the first prices', () => {
    const bots = room();
    prices(bots, 0);
    expect(listen(bots, 0, 8_000).length).toBeGreaterThanOrEqual(1);
  });

  test('say nothing by themselves while there are no prices', () => {
    expect(listen(room(), 0, 600_000)).toEqual([]);
  });

  test.each(['a', 'b', 'c'])('answer a greeting, once, with the name of who greets (seed %s)', (seed) => {
    const bots = room(seed);
    bots.hear(person('hello everybody'), 0);
    const said = listen(bots, 0, 20_000);
    expect(said).toHaveLength(1);
    expect(said[0]?.text).toContain('alice');
  });

  test('answer with the price of the symbol that was asked for, by whom it was asked of', () => {
    const bots = room();
    prices(bots, 0);
    bots.hear(person('mei, what is BTC at?'), 100);
    const [answer] = listen(bots, 100, 6_000).filter(({ text }) => text.includes('@alice'));
    expect(answer?.userId).toBe('mei.bot');
    expect(answer?.text).toContain('64,250.10');
  });

  test('answer what is asked, also when they are called bots', () => {
    const bots = room();
    prices(bots, 0);
    bots.hear(person('hello bots, what is BTC at?'), 100);
    const [answer] = listen(bots, 100, 6_000).filter(({ text }) => text.includes('@alice'));
    expect(answer?.text).toContain('64,250.10');
  });

  test('admit to be bots', () => {
    for (const persona of PERSONAS) {
      const bots = room();
      bots.hear(person(`${persona.nickname}, are you a bot?`), 0);
      const [line] = listen(bots, 0, 6_000);
      expect(line?.userId).toBe(persona.userId);
      expect(line?.text).toMatch(/bot/);
    }
  });

  test('are shown as typing before they speak, and only then', () => {
    const bots = room();
    expect(bots.typing(0)).toBeUndefined();
    bots.hear(person('bruno?'), 0);
    const [line] = listen(room(), 0, 0);
    expect(line).toBeUndefined();
    let typing: number | undefined;
    for (let now = 0; now <= 10_000; now += 100) {
      if (bots.typing(now) !== undefined) typing ??= now;
      if (bots.next(now) === undefined) continue;
      expect(typing).toBeDefined();
      expect(now - (typing ?? 0)).toBeGreaterThanOrEqual(500);
      return;
    }
    expect.unreachable('nobody answered');
  });

  test('fall silent when they are alone, and talk again when somebody comes', () => {
    const bots = room();
    prices(bots, 0);
    const day = 86_400_000;
    const alone = listen(bots, 0, day);
    // Each line of their own may be followed by one of another bot.
    expect(alone.length).toBeLessThanOrEqual(2 * ALONE_LINES);
    expect(listen(bots, day, day + 3_600_000)).toEqual([]);
    bots.hear(person('ana?'), day + 3_600_000);
    expect(listen(bots, day + 3_600_000, day + 3_610_000).length).toBeGreaterThanOrEqual(1);
  });

  test('the same seed gives the same talk', () => {
    const talk = (seed: string): Said[] => {
      const bots = room(seed);
      prices(bots, 0);
      bots.hear(person('hi'), 500);
      return listen(bots, 0, 300_000);
    };
    expect(talk('x')).toEqual(talk('x'));
    expect(talk('x')).not.toEqual(talk('y'));
  });

  test('keep their manners whatever they hear: never two lines at once, never more answers than they can remember', () => {
    const event = fc.record({
      wait: fc.integer({ min: 0, max: 4_000 }),
      content: fc.oneof(
        fc.string(),
        fc.constantFrom('hi', 'thanks ana', 'why BTC?', 'ana bruno mei', 'should I buy GOLD', '?', 'price'),
      ),
      sender: fc.constantFrom('alice', 'bob', ...BOTS),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), fc.string(), (events, seed) => {
        const bots = room(seed);
        prices(bots, 0);
        const said: Said[] = [];
        let now = 0;
        for (const { wait, content, sender } of events) {
          said.push(...listen(bots, now, now + wait));
          now += wait;
          bots.hear(person(content, sender), now);
        }
        const rest = listen(bots, now, now + MAX_WAITING * ROOM_GAP_MILLIS);
        said.push(...rest);
        for (const [index, line] of said.entries()) {
          expect(BOTS).toContain(line.userId);
          expect(line.text.trim()).not.toBe('');
          expect(line.text).not.toMatch(/undefined|NaN| {2}/);
          const before = said[index - 1];
          if (before !== undefined) expect(line.at - before.at).toBeGreaterThanOrEqual(ROOM_GAP_MILLIS);
        }
      }),
      { numRuns: 60 },
    );
  });
});
