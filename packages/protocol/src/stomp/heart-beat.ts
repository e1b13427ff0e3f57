/** The `heart-beat` header and what two of them agree on (stomp-rules 11 to 13). */
import { StompError } from './stomp-error.ts';

/** Milliseconds; 0 means "cannot" or "do not want". */
export interface HeartBeat {
  /** What the writer of the header can do: at the latest after this long it sends something. */
  readonly outgoing: number;
  /** What the writer of the header would like to get. */
  readonly incoming: number;
}

/** What one side has to do, in milliseconds; 0 turns that direction off. */
export interface AgreedHeartBeat {
  readonly sendEvery: number;
  readonly expectEvery: number;
}

/** Twice this still fits the longest timer there is (2^31 - 1 ms). It is twelve days. */
const LONGEST = 2 ** 30 - 1;

/** One EOL: the shortest thing that says "I am here". The same bytes each time; do not change them. */
export const HEART_BEAT: Uint8Array = Uint8Array.of(0x0a);

/** @throws StompError `bad-heart-beat` unless it is two counts of milliseconds with a comma between. Missing means `0,0`. */
export function parseHeartBeat(header: string | undefined): HeartBeat {
  if (header === undefined) return { outgoing: 0, incoming: 0 };
  const match = /^(\d{1,15}),(\d{1,15})$/.exec(header);
  if (match === null) {
    throw new StompError('bad-heart-beat', 'heart-beat must be two counts of milliseconds, such as 10000,10000.');
  }
  return { outgoing: Number(match[1]), incoming: Number(match[2]) };
}

export function formatHeartBeat(heartBeat: HeartBeat): string {
  return `${heartBeat.outgoing},${heartBeat.incoming}`;
}

/** What the side that wrote `mine` does after the other wrote `theirs`. */
export function negotiateHeartBeat(mine: HeartBeat, theirs: HeartBeat): AgreedHeartBeat {
  return {
    sendEvery: agreed(mine.outgoing, theirs.incoming),
    expectEvery: agreed(theirs.outgoing, mine.incoming),
  };
}

function agreed(can: number, wanted: number): number {
  return can === 0 || wanted === 0 ? 0 : Math.min(Math.max(can, wanted), LONGEST);
}
