/** Read and delivery cursors: many moves in one transaction, a fixed number of statements for each kind. They never go back. */
import { ConversationId, ConversationKind, type DeviceId, UserId } from '@rtd/protocol';
import { z } from 'zod';
import { type CursorMove, type DeliveredUpTo, MAX_AHEAD } from '../../chat/message-store.ts';
import type { Transaction } from './mysql-database.ts';
import { done, notAMember, type Outcome, refused } from './outcome.ts';

export interface ReadMove {
  readonly userId: UserId;
  readonly conversationId: ConversationId;
  readonly seq: number;
}

export interface DeliveredMoves {
  readonly userId: UserId;
  readonly device: DeviceId;
  readonly upTo: readonly DeliveredUpTo[];
}

const PlaceRow = z.object({
  conversation_id: ConversationId,
  user_id: UserId,
  kind: ConversationKind,
  last_seq: z.int(),
  is_member: z.int(),
  read_seq: z.int(),
  delivered_seq: z.int(),
  has_ahead: z.int(),
});

interface Place {
  readonly isIn: boolean;
  readonly lastSeq: number;
  /** A device of the user has acknowledged something behind its cursor. */
  readonly hasAhead: boolean;
  readSeq: number;
  deliveredSeq: number;
}

/** In one statement. */
const AHEAD_ROWS = 5_000;

type Pair = readonly [ConversationId, UserId];

/** Where each user is in each conversation, once a pair; a conversation that does not exist is missing. Locks the cursors. */
async function placesOf(transaction: Transaction, pairs: readonly Pair[]): Promise<ReadonlyMap<string, Place>> {
  const different = [...new Map(pairs.map((pair) => [pair.join(' '), pair])).values()].sort((a, b) =>
    a.join(' ') < b.join(' ') ? -1 : 1,
  );
  if (different.length === 0) return new Map();
  const wanted = different.map((_, index) =>
    index === 0 ? 'SELECT ? AS conversation_id, ? AS user_id' : 'SELECT ?, ?',
  );
  const rows = await transaction.rows(
    `SELECT w.conversation_id, w.user_id, c.kind, c.last_seq, b.user_id IS NOT NULL AS is_member,
       coalesce(r.read_seq, 0) AS read_seq, coalesce(r.delivered_seq, 0) AS delivered_seq,
       EXISTS(SELECT 1 FROM delivered_ahead) AND EXISTS(SELECT 1 FROM delivered_ahead a
         WHERE a.user_id = CONVERT(w.user_id USING utf8mb4) COLLATE utf8mb4_bin AND a.conversation_id = c.id) AS has_ahead
     FROM (${wanted.join(' UNION ALL ')}) w
     JOIN conversation c ON c.id = CONVERT(w.conversation_id USING utf8mb4) COLLATE utf8mb4_bin
     LEFT JOIN member b ON b.conversation_id = c.id AND b.user_id = CONVERT(w.user_id USING utf8mb4) COLLATE utf8mb4_bin
     LEFT JOIN read_cursor r ON r.conversation_id = c.id AND r.user_id = CONVERT(w.user_id USING utf8mb4) COLLATE utf8mb4_bin`,
    different.flat(),
  );
  return new Map(
    rows
      .map((row) => PlaceRow.parse(row))
      .map((row) => [
        `${row.conversation_id} ${row.user_id}`,
        {
          isIn: row.kind === 'global' || row.is_member === 1,
          lastSeq: row.last_seq,
          hasAhead: row.has_ahead === 1,
          readSeq: row.read_seq,
          deliveredSeq: row.delivered_seq,
        },
      ]),
  );
}

export async function moveRead(
  transaction: Transaction,
  moves: readonly ReadMove[],
): Promise<readonly Outcome<CursorMove>[]> {
  const places = await placesOf(
    transaction,
    moves.map(({ conversationId, userId }) => [conversationId, userId]),
  );
  const rows: unknown[][] = [];
  const outcomes = moves.map(({ conversationId, userId, seq }): Outcome<CursorMove> => {
    const place = places.get(`${conversationId} ${userId}`);
    if (place === undefined || !place.isIn) return notAMember();
    if (seq > place.lastSeq) {
      return refused('VALIDATION', `seq ${seq} cannot be read yet: the last message is ${place.lastSeq}.`);
    }
    const before = place.readSeq;
    if (seq > before) {
      place.readSeq = seq;
      place.deliveredSeq = Math.max(place.deliveredSeq, seq);
      // What is read has been delivered.
      rows.push([conversationId, userId, seq, seq]);
    }
    return done({ conversationId, before, after: place.readSeq });
  });
  await upsertCursors(transaction, rows);
  return outcomes;
}

export async function moveDelivered(
  transaction: Transaction,
  moves: readonly DeliveredMoves[],
): Promise<readonly Outcome<readonly CursorMove[]>[]> {
  const places = await placesOf(
    transaction,
    moves.flatMap(({ userId, upTo }) => upTo.map(({ conversationId }): Pair => [conversationId, userId])),
  );
  const rows: unknown[][] = [];
  const deviceRows: unknown[][] = [];
  const reached: unknown[][] = [];
  const aheadRows: unknown[][] = [];
  const outcomes = moves.map(({ userId, device, upTo }) =>
    done(
      upTo.map(({ conversationId, seq, ahead = [] }): CursorMove => {
        const place = places.get(`${conversationId} ${userId}`);
        const before = place?.deliveredSeq ?? 0;
        if (place === undefined || !place.isIn || seq > place.lastSeq) return { conversationId, before, after: before };
        deviceRows.push([userId, device, conversationId, seq]);
        if (place.hasAhead) reached.push([userId, conversationId, device, seq]);
        const end = Math.min(place.lastSeq, seq + MAX_AHEAD);
        for (const one of ahead) if (one > seq && one <= end) aheadRows.push([userId, conversationId, device, one]);
        if (seq > before) {
          place.deliveredSeq = seq;
          rows.push([conversationId, userId, 0, seq]);
        }
        return { conversationId, before, after: place.deliveredSeq };
      }),
    ),
  );
  if (deviceRows.length > 0) {
    await transaction.run(
      `INSERT INTO device_cursor VALUES ?
       ON DUPLICATE KEY UPDATE delivered_seq = greatest(delivered_seq, VALUES(delivered_seq))`,
      [deviceRows.sort(byKey)],
    );
  }
  await upsertCursors(transaction, rows);
  await moveAhead(transaction, reached, aheadRows);
  return outcomes;
}

/** Forgets what cursors have reached, and keeps what was acknowledged behind them. Rows of (user, conversation, device, seq). */
async function moveAhead(transaction: Transaction, reached: unknown[][], ahead: unknown[][]): Promise<void> {
  if (reached.length > 0) {
    const either = reached.map(() => '(user_id = ? AND conversation_id = ? AND device = ? AND seq <= ?)').join(' OR ');
    await transaction.run(`DELETE FROM delivered_ahead WHERE ${either}`, reached.sort(byKey).flat());
  }
  ahead.sort(byPlace);
  for (let start = 0; start < ahead.length; start += AHEAD_ROWS) {
    await transaction.run('INSERT IGNORE INTO delivered_ahead VALUES ?', [ahead.slice(start, start + AHEAD_ROWS)]);
  }
}

async function upsertCursors(transaction: Transaction, rows: unknown[][]): Promise<void> {
  if (rows.length === 0) return;
  await transaction.run(
    `INSERT INTO read_cursor VALUES ?
     ON DUPLICATE KEY UPDATE read_seq = greatest(read_seq, VALUES(read_seq)),
       delivered_seq = greatest(delivered_seq, VALUES(delivered_seq))`,
    [rows.sort(byKey)],
  );
}

/** By the first three columns as text, then by seq. */
function byPlace(a: readonly unknown[], b: readonly unknown[]): number {
  return byKey(a.slice(0, 3), b.slice(0, 3)) || Number(a[3]) - Number(b[3]);
}

/** Rows are locked in the order of their keys by every server, so that two cannot wait for each other. */
function byKey(a: readonly unknown[], b: readonly unknown[]): number {
  const [one, other] = [String(a), String(b)];
  return one === other ? 0 : one < other ? -1 : 1;
}
