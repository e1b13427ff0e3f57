/**
 * What `rtd seed` writes, made up from a seed: people, rooms, messages and prices. Pure: the same seed and number of people
 * give the same people, rooms and message ids, whenever and into whatever store they go.
 */
import { ClientMessageId, ConversationId, GLOBAL_CONVERSATION, MessageId, TickerSymbol, UserId } from '@rtd/protocol';
import { directConversationId, type NewConversationRecord, type NewMessage, uuidV7 } from '@rtd/server';
import { DEFAULT_SYMBOLS, instrumentOf } from '../market-simulator/instruments.ts';
import { createMarket, type Market } from '../market-simulator/market.ts';
import { type Random, randomFromSeed } from '../random.ts';
import { LINES, NAMES, ROOMS } from './words.ts';

export interface SeedOptions {
  readonly seed: string;
  /** At least 2. */
  readonly users: number;
}

export interface SeedPlan extends SeedOptions {
  readonly people: readonly UserId[];
  /** To be made before there are messages in them. */
  readonly rooms: readonly NewConversationRecord[];
  /** Who writes to each other; made by the first message. */
  readonly pairs: readonly (readonly [UserId, UserId])[];
}

/** From when to when, in epoch milliseconds. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Message ids hold a time; to be the same at any time they hold this one. */
const ID_EPOCH = Date.UTC(2026, 0, 1);
const PEOPLE_A_ROOM = { least: 3, most: 12 };

export function planSeed(options: SeedOptions): SeedPlan {
  const { seed, users } = options;
  const people = Array.from({ length: users }, (_, index) => UserId.parse(nameOf(index)));
  const random = randomFromSeed(`${seed}/${users}/rooms`);
  const rooms = ROOMS.slice(0, Math.max(2, Math.min(ROOMS.length, Math.ceil(users / 4)))).map(
    ({ id, title }, index): NewConversationRecord => {
      const most = Math.min(people.length, PEOPLE_A_ROOM.most);
      const size = Math.min(most, PEOPLE_A_ROOM.least + random.integer(most));
      const members = shuffled(people, random).slice(0, size);
      // The first name is in every room, so that whoever tries it out as `alice` has something to see.
      const [first] = people;
      if (first !== undefined && !members.includes(first)) members[0] = first;
      const creatorId = pick(members, random);
      return { id: ConversationId.parse(id), kind: index === 0 ? 'public' : 'group', title, creatorId, members };
    },
  );
  const pairs = people.map((person, index): readonly [UserId, UserId] => {
    const other = people[(index + 1 + random.integer(people.length - 1)) % people.length];
    return [person, other ?? person];
  });
  return { ...options, people, rooms, pairs };
}

/** The `index`-th of `count` messages, spread evenly over `span`. */
export function plannedMessage(plan: SeedPlan, index: number, count: number, { from, to }: Span): NewMessage {
  const { seed, users } = plan;
  const random = randomFromSeed(`${seed}/${users}/message/${index}`);
  const place = placeOf(plan, random);
  const at = Math.floor(from + ((to - from) * index) / count);
  const bytes = Uint8Array.from({ length: 10 }, () => random.integer(256));
  const line = pick(LINES, random)
    .replace('{symbol}', pick(DEFAULT_SYMBOLS, random))
    .replace('{name}', pick(plan.people, random));
  return {
    id: MessageId.parse(uuidV7(ID_EPOCH + index, bytes)),
    senderName: place.senderId,
    content: line,
    clientMessageId: ClientMessageId.parse(`seed:${seed}:${users}:${index}`),
    timestamp: new Date(at).toISOString(),
    ...place,
  };
}

/** A market of the usual symbols that makes `ticks` ticks in `span`. */
export function plannedMarket(seed: string, ticks: number, { from, to }: Span): Market {
  const instruments = DEFAULT_SYMBOLS.map((name) => instrumentOf(TickerSymbol.parse(name)));
  const rate = (ticks * 1_000) / (to - from);
  return createMarket({ instruments, random: randomFromSeed(`${seed}/market`), rate, volatility: 1, start: from });
}

/** How much of a conversation a member has read: most have all of it. */
export function readShare({ seed, users }: SeedOptions, conversationId: ConversationId, userId: UserId): number {
  const random = randomFromSeed(`${seed}/${users}/read/${conversationId}/${userId}`);
  return random.uniform() < 0.6 ? 1 : random.uniform();
}

type Place = Pick<NewMessage, 'conversationId' | 'senderId' | 'recipientId' | 'opening'>;

/** Half of what is said is for everybody, a third in rooms, the rest between two. */
function placeOf({ people, rooms, pairs }: SeedPlan, random: Random): Place {
  const share = random.uniform();
  if (share < 0.5) {
    const senderId = pick(people, random);
    return { conversationId: GLOBAL_CONVERSATION, senderId, recipientId: undefined, opening: undefined };
  }
  if (share < 0.83) {
    const room = pick(rooms, random);
    const senderId = pick(room.members, random);
    return { conversationId: room.id, senderId, recipientId: undefined, opening: undefined };
  }
  const [one, other] = pick(pairs, random);
  const [senderId, recipientId] = random.uniform() < 0.5 ? [one, other] : [other, one];
  const opening = { kind: 'direct', members: [senderId, recipientId] } as const;
  return { conversationId: directConversationId(one, other), senderId, recipientId, opening };
}

function nameOf(index: number): string {
  const name = NAMES[index % NAMES.length] ?? 'person';
  return index < NAMES.length ? name : `${name}-${Math.floor(index / NAMES.length) + 1}`;
}

function pick<Item>(items: readonly Item[], random: Random): Item {
  const item = items[random.integer(items.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}

/** Fisher and Yates. */
function shuffled<Item>(items: readonly Item[], random: Random): Item[] {
  const left = [...items];
  return Array.from({ length: left.length }, () => left.splice(random.integer(left.length), 1)).flat();
}
