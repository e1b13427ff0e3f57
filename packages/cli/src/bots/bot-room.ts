/**
 * The bots' brain: it sees prices, hears messages, and says who says what next. Pure: no clock, no I/O, randomness from
 * a seed, so the same input gives the same talk.
 *
 * Manners that hold whatever happens: one bot at a time, never two messages within {@link ROOM_GAP_MILLIS}; a question
 * is answered once, by whom it names; bots answer a bot at most once, so that they cannot talk each other into a loop;
 * without people they slow down and, after {@link ALONE_LINES} lines, fall silent until someone speaks.
 */
import type { Random } from '../random.ts';
import type { Facts, Line, Occasion, Persona } from './personas.ts';
import { createPriceMemory, type Outlook, type SeenPrice } from './price-memory.ts';

export interface HeardMessage {
  readonly senderId: string;
  readonly senderName: string;
  readonly content: string;
}

export interface BotLine {
  readonly userId: string;
  readonly text: string;
}

export interface BotRoom {
  see(tick: SeenPrice, now: number): void;
  hear(message: HeardMessage, now: number): void;
  /** Who is about to speak, once their time is near; they may be shown as typing. */
  typing(now: number): string | undefined;
  /** The line that is due at `now`, if one is. Each is returned once. */
  next(now: number): BotLine | undefined;
}

export const ROOM_GAP_MILLIS = 2_500;
/** A bot that nobody asked keeps this long between two lines of the room, while people are around. */
export const CHAT_GAP_MILLIS = { least: 9_000, most: 22_000 };
/** The same when nobody has spoken for {@link COMPANY_MILLIS}. */
export const ALONE_GAP_MILLIS = { least: 40_000, most: 120_000 };
export const COMPANY_MILLIS = 300_000;
export const ALONE_LINES = 200;
/** Questions that wait for their answer; more are not heard, as in any loud room. */
export const MAX_WAITING = 6;

const TYPING_MILLIS = 1_600;
/** Below this much in a minute, in percent, a market is calm. */
const CALM_PERCENT = 0.05;

interface Intention {
  readonly persona: Persona;
  readonly occasion: Occasion;
  readonly symbol: string | undefined;
  readonly name: string;
  readonly due: number;
}

export function createBotRoom(personas: readonly Persona[], random: Random): BotRoom {
  const prices = createPriceMemory();
  const waiting: Intention[] = [];
  const lastLine = new Map<string, number>();
  let nextIdle: number | undefined;
  let lastSaid = Number.NEGATIVE_INFINITY;
  let lastHuman: number | undefined;
  let linesAlone = 0;
  let lastSpeaker: Persona | undefined;

  const between = (gap: { least: number; most: number }): number =>
    gap.least + random.uniform() * (gap.most - gap.least);
  const pick = <T>(from: readonly T[]): T | undefined => from[random.integer(from.length)];
  const isBot = (userId: string): boolean => personas.some((persona) => persona.userId === userId);

  const scheduleIdle = (now: number): void => {
    lastHuman ??= now;
    nextIdle = now + between(now - lastHuman < COMPANY_MILLIS ? CHAT_GAP_MILLIS : ALONE_GAP_MILLIS);
  };

  const intend = (intention: Intention): void => {
    if (waiting.length >= MAX_WAITING) return;
    waiting.push(intention);
    waiting.sort((a, b) => a.due - b.due);
  };

  /** A different line than the last one of this bot on this occasion, if it has another. */
  const lineOf = (persona: Persona, occasion: Occasion): Line | undefined => {
    const lines = persona.lines[occasion];
    const key = `${persona.userId} ${occasion}`;
    const last = lastLine.get(key);
    const index =
      last === undefined || lines.length < 2
        ? random.integer(lines.length)
        : (last + 1 + random.integer(lines.length - 1)) % lines.length;
    lastLine.set(key, index);
    return lines[index];
  };

  const utter = (intention: Intention, now: number): BotLine | undefined => {
    const { persona, symbol, name } = intention;
    const outlook = symbol === undefined ? pick(liked(persona, prices.outlooks(now))) : prices.outlook(symbol, now);
    const speechless = outlook === undefined && !WORDS_ENOUGH.has(intention.occasion);
    const line = lineOf(persona, speechless ? 'blind' : intention.occasion);
    if (line === undefined) return undefined;
    // A greeting may quote a price, and without one it would quote nothing: the plain ones of each persona cover that.
    const text = line(factsOf(outlook, name));
    if (outlook !== undefined) prices.told(outlook.symbol);
    lastSaid = now;
    lastSpeaker = persona;
    maybeSecond(persona, outlook?.symbol, intention.occasion, now);
    scheduleIdle(now);
    return { userId: persona.userId, text };
  };

  /** Sometimes another bot has something to say on what one saw by itself. Never on an answer, so it ends there. */
  const maybeSecond = (speaker: Persona, symbol: string | undefined, occasion: Occasion, now: number): void => {
    if (symbol === undefined || !SEEN.has(occasion) || random.uniform() > 0.3) return;
    const persona = pick(personas.filter((other) => other !== speaker));
    if (persona === undefined) return;
    intend({ persona, occasion: 'second', symbol, name: speaker.userId, due: now + 3_000 + 3_000 * random.uniform() });
  };

  const idleIntention = (now: number): Intention | undefined => {
    const outlooks = prices.outlooks(now);
    const persona = pick(personas.filter((other) => other !== lastSpeaker));
    if (persona === undefined || outlooks.length === 0) return undefined;
    const { occasion, symbol } = subject(persona, outlooks, random);
    return { persona, occasion, symbol, name: '', due: now };
  };

  return {
    see: (tick, now) => {
      // The first prices are worth a word soon: who has just come in sees that somebody is there.
      if (nextIdle === undefined) {
        lastHuman ??= now;
        nextIdle = now + 2_500 + 2_000 * random.uniform();
      }
      prices.see(tick, now);
    },
    hear: (message, now) => {
      if (isBot(message.senderId)) return;
      lastHuman = now;
      linesAlone = 0;
      if (nextIdle !== undefined) scheduleIdle(now);
      const words = wordsOf(message.content);
      const named = personas.filter(({ nickname, userId }) => words.has(nickname) || words.has(userId));
      const symbol = prices.outlooks(now).find((outlook) => words.has(outlook.symbol.toLowerCase()))?.symbol;
      const occasion = occasionOf(message.content, words, symbol !== undefined);
      // Small talk among people is theirs; now and then a bot joins in.
      if (named.length === 0 && occasion === 'other' && !message.content.includes('?') && random.uniform() > 0.25)
        return;
      const answering = named.length > 0 ? named : [pick(personas)].filter((persona) => persona !== undefined);
      for (const [index, persona] of answering.entries()) {
        const due = now + 1_300 + 1_700 * random.uniform() + index * ROOM_GAP_MILLIS;
        intend({ persona, occasion, symbol, name: message.senderName, due });
      }
    },
    typing: (now) => {
      const [first] = waiting;
      if (first === undefined) return undefined;
      return Math.max(first.due, lastSaid + ROOM_GAP_MILLIS) - now <= TYPING_MILLIS ? first.persona.userId : undefined;
    },
    next: (now) => {
      if (nextIdle !== undefined && now >= nextIdle && waiting.length === 0 && linesAlone < ALONE_LINES) {
        linesAlone += 1;
        const idle = idleIntention(now);
        scheduleIdle(now);
        // As with an answer, there is a moment between wanting to speak and having typed it.
        if (idle !== undefined) intend({ ...idle, due: now + TYPING_MILLIS });
      }
      const [first] = waiting;
      if (first === undefined || now < first.due || now - lastSaid < ROOM_GAP_MILLIS) return undefined;
      waiting.shift();
      return utter(first, now);
    },
  };
}

/** Occasions that come from looking at prices, and not from being asked. */
const SEEN: ReadonlySet<Occasion> = new Set<Occasion>(['rise', 'fall', 'calm', 'high', 'low', 'crossed']);
/** Occasions that need no price. */
const WORDS_ENOUGH: ReadonlySet<Occasion> = new Set<Occasion>(['thanks', 'who']);

/** What a bot would talk about by itself: mostly the news, sometimes a favourite. */
function subject(
  persona: Persona,
  outlooks: readonly Outlook[],
  random: Random,
): { occasion: Occasion; symbol: string } {
  const byMove = outlooks.toSorted((a, b) => Math.abs(b.minutePercent) - Math.abs(a.minutePercent));
  const favourites = liked(persona, outlooks);
  const news = outlooks.filter((outlook) => outlook.record !== undefined || outlook.crossed !== undefined);
  const roll = random.uniform();
  const chosen =
    (roll < 0.4 ? news[random.integer(news.length)] : undefined) ??
    (roll < 0.75 ? byMove[0] : favourites[random.integer(favourites.length)]) ??
    byMove[0];
  if (chosen === undefined) return { occasion: 'calm', symbol: '' };
  return { occasion: newsOf(chosen), symbol: chosen.symbol };
}

function newsOf(outlook: Outlook): Occasion {
  if (outlook.record !== undefined) return outlook.record;
  if (outlook.crossed !== undefined) return 'crossed';
  if (Math.abs(outlook.minutePercent) < CALM_PERCENT) return 'calm';
  return outlook.minutePercent > 0 ? 'rise' : 'fall';
}

function liked(persona: Persona, outlooks: readonly Outlook[]): readonly Outlook[] {
  const favourites = outlooks.filter((outlook) => persona.favourites.includes(outlook.symbol));
  return favourites.length > 0 ? favourites : outlooks;
}

/** Lower-case words; `@` and other punctuation around them is no part of them. */
function wordsOf(content: string): ReadonlySet<string> {
  const words = content
    .slice(0, 1_000)
    .toLowerCase()
    .split(/[^\p{L}\p{N}._-]+/u);
  return new Set(words.flatMap((word) => [word, word.replace(/[._-]+$/, ''), word.replace(/[._-].*$/, '')]));
}

const GREETINGS = ['hi', 'hello', 'hey', 'hallo', 'moin', 'morning', 'salut', 'hola', 'ciao', 'servus', 'yo'];
const THANKS = ['thanks', 'thank', 'thx', 'danke', 'merci', 'gracias', 'cheers'];

function occasionOf(content: string, words: ReadonlySet<string>, namesSymbol: boolean): Occasion {
  const has = (...any: readonly string[]): boolean => any.some((word) => words.has(word));
  if (has('why', 'warum', 'happened', 'reason')) return 'why';
  if (has('buy', 'sell', 'forecast', 'prediction', 'tomorrow', 'should', 'going', 'hold')) return 'forecast';
  if (namesSymbol) return 'price';
  const asksWho = has('bot', 'bots', 'human', 'humans', 'real', 'fake') && content.includes('?');
  if (asksWho || /who\s+are\s+you/i.test(content)) return 'who';
  if (has(...THANKS)) return 'thanks';
  if (has(...GREETINGS)) return 'greeting';
  if (has('price', 'prices', 'market', 'quote')) return 'price';
  return 'other';
}

function factsOf(outlook: Outlook | undefined, name: string): Facts {
  return {
    symbol: outlook?.symbol ?? '',
    price: outlook === undefined ? '' : written(outlook.price),
    move: outlook === undefined ? '' : `${Math.abs(outlook.minutePercent).toFixed(2)}%`,
    day: outlook === undefined ? '' : `${outlook.dayPercent < 0 ? '' : '+'}${outlook.dayPercent.toFixed(2)}%`,
    round: outlook?.crossed === undefined ? '' : written(outlook.crossed),
    name,
  };
}

function written(price: number): string {
  const digits = price >= 10 ? 2 : price >= 0.1 ? 4 : 8;
  const whole = Number.isInteger(price) && price >= 10;
  return price.toLocaleString('en-US', {
    minimumFractionDigits: whole ? 0 : digits,
    maximumFractionDigits: whole ? 0 : digits,
  });
}
