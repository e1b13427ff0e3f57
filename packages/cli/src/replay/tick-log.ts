/**
 * The tick log as a client can read it: the ids of the event stream are places in it, one offset a partition, so a stream
 * that is told to resume behind a made-up id brings what the log has there (contract, section 4). Nothing else of the public
 * interface goes back in time tick by tick.
 *
 * A resumed stream brings partition after partition, and between partitions there is no order. So each is read by itself,
 * with the others at the end, a piece at a time, and the pieces are merged by the ticks' times.
 */
import { type ClientIdentity, connectMarket, type MarketStream } from '@rtd/client';
import { formatLogPosition, type LogPosition, parseLogPosition, type Tick } from '@rtd/protocol';
import { Failure } from '../failure.ts';
import { aborted, pause } from '../interruption.ts';

/** Ticks that are read at once from a partition. */
export const PIECE = 2_000;
/** A partition whose last places hold no ticks is at its end when nothing has come for so long. */
const QUIET_MILLIS = 1_500;

export interface TickLogSource {
  readonly url: string;
  readonly identity: ClientIdentity;
  readonly signal: AbortSignal;
  /** What becomes of the connection. */
  readonly say: (line: string) => void;
}

/** A tick at its offset in its partition. */
export interface OffsetTick {
  readonly offset: number;
  readonly tick: Tick;
}

/** Ticks in order, and the offset to read on behind; `gone`: the log no longer keeps what was asked for. */
export type Piece =
  | { readonly kind: 'ticks'; readonly ticks: readonly OffsetTick[]; readonly atEnd: boolean }
  | { readonly kind: 'gone' };

/** Where the log ends now: the offset of the last tick of each partition, -1 for none. @throws RtdError */
export function endOfLog(source: TickLogSource): Promise<LogPosition> {
  return overStream(source, undefined, (stream, resolve) => {
    stream.on('snapshot', () => resolve(placeOf(stream)));
  });
}

/** At most `limit` ticks of `partition` behind `offset`, up to where `end` says that the log ended. @throws RtdError */
export async function readPiece(
  source: TickLogSource,
  end: LogPosition,
  { partition, offset, limit }: { readonly partition: number; readonly offset: number; readonly limit: number },
): Promise<Piece> {
  const last = end[partition] ?? -1;
  if (offset >= last) return { kind: 'ticks', ticks: [], atEnd: true };
  const start = formatLogPosition(end.with(partition, offset));
  return overStream(source, start, (stream, resolve, ended) => {
    const ticks: OffsetTick[] = [];
    let at = offset;
    let done = false;
    const finish = (piece: Piece): void => {
      done = true;
      resolve(piece);
    };
    // Others' ticks of this moment come along, too: the place says whose each one is.
    stream.on('tick', (tick) => {
      const now = placeOf(stream)[partition] ?? -1;
      if (now === at || done) return;
      at = now;
      if (now <= last) ticks.push({ offset: now, tick });
      if (now >= last || ticks.length >= limit) finish({ kind: 'ticks', ticks, atEnd: now >= last });
    });
    stream.on('reset', () => finish({ kind: 'gone' }));
    void whenQuiet(stream, () => at, ended).then((quiet) => {
      if (quiet) finish({ kind: 'ticks', ticks, atEnd: true });
    });
  });
}

/** The smallest offset behind which every kept tick is of `from` (epoch milliseconds) or later. @throws RtdError */
export async function offsetAt(
  source: TickLogSource,
  end: LogPosition,
  partition: number,
  from: number,
): Promise<number> {
  const isEarly = async (offset: number): Promise<boolean> => {
    const piece = await readPiece(source, end, { partition, offset, limit: 1 });
    if (piece.kind === 'gone') return true;
    const [first] = piece.ticks;
    return first !== undefined && Date.parse(first.tick.timestamp) < from;
  };
  let low = -1;
  let high = end[partition] ?? -1;
  // Most logs are kept from their beginning, and most replays begin there.
  if (low >= high || !(await isEarly(low))) return low;
  low += 1;
  while (low < high && !source.signal.aborted) {
    const middle = Math.floor((low + high) / 2);
    if (await isEarly(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Every tick of `from` (epoch milliseconds) and later, or every one behind the place `from`, up to the end, by time; in the
 * log's order a symbol. @throws RtdError
 */
export async function* pastTicks(
  source: TickLogSource,
  end: LogPosition,
  from: number | LogPosition,
): AsyncGenerator<Tick> {
  const heads: { readonly next: AsyncIterator<Tick>; tick: Tick | undefined }[] = [];
  for (const partition of end.keys()) {
    const next = ticksOf(source, end, partition, typeof from === 'number' ? from : { behind: from[partition] ?? -1 });
    heads.push({ next, tick: await tickIn(next) });
  }
  while (!source.signal.aborted) {
    let earliest = heads[0];
    for (const head of heads) {
      if (head.tick !== undefined && (earliest?.tick === undefined || head.tick.timestamp < earliest.tick.timestamp)) {
        earliest = head;
      }
    }
    if (earliest?.tick === undefined) return;
    yield earliest.tick;
    earliest.tick = await tickIn(earliest.next);
  }
}

/** Those of one partition, in the log's order; `from` is a time (epoch milliseconds) or the offset before them. @throws RtdError */
export async function* ticksOf(
  source: TickLogSource,
  end: LogPosition,
  partition: number,
  from: number | { readonly behind: number },
): AsyncGenerator<Tick, undefined> {
  let offset = typeof from === 'number' ? await offsetAt(source, end, partition, from) : from.behind;
  while (!source.signal.aborted) {
    const piece = await readPiece(source, end, { partition, offset, limit: PIECE });
    if (piece.kind === 'gone') {
      source.say('The log has removed ticks that were to come: some are left out.');
      offset = await offsetAt(source, end, partition, typeof from === 'number' ? from : Number.NEGATIVE_INFINITY);
      continue;
    }
    for (const { tick } of piece.ticks) yield tick;
    if (piece.atEnd) return undefined;
    offset = piece.ticks.at(-1)?.offset ?? offset;
  }
  return undefined;
}

async function tickIn(ticks: AsyncIterator<Tick>): Promise<Tick | undefined> {
  const next = await ticks.next();
  return next.done === true ? undefined : next.value;
}

/** Opens a stream behind `lastEventId`, and closes it with what `read` resolves, or when it fails; `ended` says so. */
async function overStream<Result>(
  { url, identity, signal, say }: TickLogSource,
  lastEventId: string | undefined,
  read: (stream: MarketStream, resolve: (result: Result) => void, ended: AbortSignal) => void,
): Promise<Result> {
  const ended = new AbortController();
  const { promise, resolve, reject } = Promise.withResolvers<Result>();
  // Long polling has a place a page only, and no way to say that it could not resume.
  const stream = connectMarket({ url, identity, lastEventId, transport: 'sse' });
  try {
    let broken = false;
    stream.on('state', (state) => {
      if (state.kind === 'refused') reject(state.error);
      if (state.kind === 'waiting')
        say(`${state.why} Next try in ${Math.max(1, Math.round(state.retryInMillis / 1_000))} s.`);
      if (state.kind === 'live' && broken) say('Connected again.');
      broken = state.kind === 'waiting' || (broken && state.kind !== 'live');
    });
    if (stream.state.kind === 'refused') reject(stream.state.error);
    read(stream, resolve, ended.signal);
    const end = aborted(signal).then((): never => {
      throw new Failure('It was interrupted.');
    });
    return await Promise.race([promise, end]);
  } finally {
    ended.abort();
    stream.close();
  }
}

/** True once the stream is live and `place` has not moved for a while; false when the signal aborts before. */
async function whenQuiet(stream: MarketStream, place: () => number, signal: AbortSignal): Promise<boolean> {
  for (let seen = Number.NaN; !signal.aborted; ) {
    if (stream.state.kind === 'live' && place() === seen) return true;
    seen = stream.state.kind === 'live' ? place() : Number.NaN;
    await pause(QUIET_MILLIS, signal);
  }
  return false;
}

function placeOf(stream: MarketStream): LogPosition {
  return parseLogPosition(stream.lastEventId ?? '') ?? [];
}
