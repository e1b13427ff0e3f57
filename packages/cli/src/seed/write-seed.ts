/** Brings a plan into a store and a tick log. Harmless to repeat: what is there already is counted, and left alone. */
import { type ConversationId, GLOBAL_CONVERSATION, RtdError, type UserId } from '@rtd/protocol';
import { directConversationId, type MessageStore, type NewConversationRecord, type TickLog } from '@rtd/server';
import { plannedMarket, plannedMessage, readShare, type SeedPlan, type Span } from './plan.ts';

/** Appends under way at a time: what the store commits together. */
const MESSAGES_AT_A_TIME = 500;
const TICKS_AT_A_TIME = 2_000;
const MARKS_AT_A_TIME = 200;

/** Told how much of a part is done, again and again. */
export type Advance = (done: number) => void;

export interface Written {
  /** New in the store. */
  readonly stored: number;
  /** Known from an earlier time. */
  readonly known: number;
}

/** Makes the rooms, and adds who is missing to those that there are. @throws RtdError STORE_UNAVAILABLE */
export async function writeRooms(store: MessageStore, rooms: readonly NewConversationRecord[]): Promise<Written> {
  let stored = 0;
  for (const room of rooms) {
    try {
      await store.createConversation(room);
      stored += 1;
    } catch (error) {
      if (!(error instanceof RtdError && error.code === 'CONFLICT')) throw error;
      await addMissing(store, room);
    }
  }
  return { stored, known: rooms.length - stored };
}

async function addMissing(store: MessageStore, { id, members }: NewConversationRecord): Promise<void> {
  for (const member of members) {
    for (;;) {
      const record = await store.conversation(id);
      if (record === undefined || record.members.includes(member)) break;
      if ((await store.changeMember('add', id, member, record.roster)) !== undefined) break;
    }
  }
}

/** In their order, so that seqs are the same each time. Ends early when `signal` aborts. @throws RtdError STORE_UNAVAILABLE */
export async function writeMessages(
  store: MessageStore,
  plan: SeedPlan,
  count: number,
  span: Span,
  advance: Advance,
  signal: AbortSignal,
): Promise<Written> {
  const before = await messagesIn(store, plan);
  let done = 0;
  for (let start = 0; start < count && !signal.aborted; start += MESSAGES_AT_A_TIME) {
    const end = Math.min(start + MESSAGES_AT_A_TIME, count);
    const appends: ReturnType<MessageStore['append']>[] = [];
    for (let index = start; index < end; index += 1) {
      appends.push(store.append([plannedMessage(plan, index, count, span)]));
    }
    await Promise.all(appends);
    done = end;
    advance(done);
  }
  // A store does not tell a message that is sent again under its own id from one whose first answer got lost.
  const stored = (await messagesIn(store, plan)) - before;
  return { stored, known: done - stored };
}

async function messagesIn(store: MessageStore, plan: SeedPlan): Promise<number> {
  const records = await Promise.all(placesOf(plan).map(({ id }) => store.conversation(id)));
  return records.reduce((sum, record) => sum + (record?.lastSeq ?? 0), 0);
}

interface Place {
  readonly id: ConversationId;
  readonly members: readonly UserId[];
}

/** Every conversation of the plan, each once. */
function placesOf({ people, rooms, pairs }: SeedPlan): readonly Place[] {
  const places: Place[] = [
    { id: GLOBAL_CONVERSATION, members: people },
    ...rooms,
    ...pairs.map(([one, other]) => ({ id: directConversationId(one, other), members: [one, other] })),
  ];
  return [...new Map(places.map((place) => [place.id, place])).values()];
}

/** Who has read how far: forwards only. Resolves with how many marks there are. @throws RtdError STORE_UNAVAILABLE */
export async function writeReadMarks(store: MessageStore, plan: SeedPlan): Promise<number> {
  const marks: { move: () => Promise<unknown> }[] = [];
  for (const { id, members } of placesOf(plan)) {
    const record = await store.conversation(id);
    for (const userId of members) {
      const seq = Math.floor((record?.lastSeq ?? 0) * readShare(plan, id, userId));
      if (seq > 0) marks.push({ move: () => store.advanceRead(userId, id, seq) });
    }
  }
  for (let start = 0; start < marks.length; start += MARKS_AT_A_TIME) {
    await Promise.all(marks.slice(start, start + MARKS_AT_A_TIME).map(({ move }) => move()));
  }
  return marks.length;
}

/**
 * A history of prices, into a log that has none: ticks cannot be put before others. Undefined, and nothing written, where
 * there are some. @throws RtdError UNAVAILABLE
 */
export async function writeTicks(
  tickLog: TickLog,
  seed: string,
  count: number,
  span: Span,
  advance: Advance,
  signal: AbortSignal,
): Promise<number | undefined> {
  const bounds = await tickLog.bounds();
  if (bounds.some(({ earliest, next }) => next > earliest)) return undefined;
  const market = plannedMarket(seed, count, span);
  let written = 0;
  while (written < count && !signal.aborted) {
    const ticks = market.take(span.to, Math.min(TICKS_AT_A_TIME, count - written));
    if (ticks.length === 0) break;
    await tickLog.append(ticks);
    written += ticks.length;
    advance(written);
  }
  return written;
}
