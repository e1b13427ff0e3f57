/** Frames a second on one core: our parser beside that of @stomp/stompjs, on the same bytes. */
import { StompParser } from '@rtd/protocol';
// Not exported by the package; it is the parser that every client of it runs on.
import { Parser } from '../node_modules/@stomp/stompjs/esm6/parser.js';
import { type Benchmark, type Pace, type Row, rateRow } from './harness/benchmark.ts';
import { compareByTurns } from './harness/rounds.ts';

const FRAME_BYTES = 200;
const FRAMES = 4_096;

const HEADS: Readonly<Record<string, (index: number) => string>> = {
  SEND: (index) => `SEND\ndestination:/app/chat\ncontent-type:application/json\nreceipt:r-${index}\n`,
  MESSAGE: (index) =>
    `MESSAGE\ndestination:/topic/messages\nmessage-id:${index}\nsubscription:sub-0\ncontent-type:application/json\n`,
};

/** Frames of exactly FRAME_BYTES octets, `perChunk` to a chunk. */
function chunksOf(command: string, perChunk: number): Uint8Array[] {
  const frames = Array.from({ length: FRAMES }, (_, index) => {
    const head = HEADS[command]?.(1_000 + index) ?? '';
    const withoutText = `${head}content-length:00\n\n{"content":""}\0`;
    const text = 'x'.repeat(FRAME_BYTES - withoutText.length);
    const length = String(text.length + 14).padStart(2, '0');
    return `${head}content-length:${length}\n\n{"content":"${text}"}\0`;
  });
  return Array.from({ length: FRAMES / perChunk }, (_, index) =>
    Buffer.from(frames.slice(index * perChunk, (index + 1) * perChunk).join('')),
  );
}

/** What any user of a frame does: look up two headers, and take the body. Both contenders do the same. */
let taken = 0;

function parseWithOurs(chunks: readonly Uint8Array[], command: string): void {
  const parser = new StompParser({
    role: command === 'SEND' ? 'server' : 'client',
    onFrame: ({ headers, body }) => {
      if (headers.get('destination') !== undefined && headers.get('content-type') !== undefined) taken += body.length;
    },
  });
  parser.version = '1.2';
  for (const chunk of chunks) parser.push(chunk);
}

function parseWithStompjs(chunks: readonly ArrayBuffer[]): void {
  const parser = new Parser(
    ({ headers, binaryBody }) => {
      const header = (name: string) => headers.find(([key]) => key === name);
      if (header('destination') && header('content-type')) taken += binaryBody?.length ?? 0;
    },
    () => {},
  );
  for (const chunk of chunks) parser.parseChunk(chunk, false);
}

/** Frames a second, over `millis`. */
function rateOf(parseAll: () => void, millis: number): number {
  const start = performance.now();
  let frames = 0;
  let elapsed = 0;
  do {
    parseAll();
    frames += FRAMES;
    elapsed = performance.now() - start;
  } while (elapsed < millis);
  return (frames / elapsed) * 1_000;
}

async function compare(command: string, perChunk: number, pace: Pace): Promise<Row> {
  const chunks = chunksOf(command, perChunk);
  // What a WebSocket hands to each of the two.
  const arrayBuffers = chunks.map((chunk) => Uint8Array.from(chunk).buffer);
  const before = taken;
  parseWithOurs(chunks, command);
  const expected = taken - before;
  parseWithStompjs(arrayBuffers);
  if (taken - before !== 2 * expected) throw new Error('the two parsers do not agree on the frames');
  const { rate } = await compareByTurns(pace, ['rate'], {
    ours: () => ({ rate: rateOf(() => parseWithOurs(chunks, command), pace.roundMillis) }),
    naive: () => ({ rate: rateOf(() => parseWithStompjs(arrayBuffers), pace.roundMillis) }),
  });
  return rateRow(`${command}, ${perChunk} to a chunk`, 'frames/s', rate, command === 'SEND' ? 10 : undefined);
}

export const parser: Benchmark = {
  title: `STOMP parser, frames of ${FRAME_BYTES} octets, one core`,
  naive: "@stomp/stompjs' parser, which takes octet by octet and checks neither escapes, UTF-8 nor limits",
  async run(pace) {
    return {
      rows: [await compare('SEND', 1, pace), await compare('SEND', 64, pace), await compare('MESSAGE', 1, pace)],
      notes: ['both look up two headers of each frame and take its body'],
    };
  },
};
