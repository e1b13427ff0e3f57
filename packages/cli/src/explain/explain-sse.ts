/** An event stream: the request, the answer that does not end, and its first events. */
import { requestHead } from '../wire/http-head.ts';
import { WireError } from '../wire/wire-error.ts';
import { requestFields } from './http-fields.ts';
import { answerStep, type ExplainOptions, headBytes, hidden, openConnection, statusOf } from './open-connection.ts';
import { chunkFields, streamFields, takeChunk } from './sse-fields.ts';
import type { Exchange } from './step.ts';

export interface ExplainSseOptions extends ExplainOptions {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Pieces that are shown before it is enough. */
const MOST_PIECES = 4;

/** @throws WireError */
export async function* explainSse(options: ExplainSseOptions): Exchange {
  const { target, timeoutMillis, path, headers, secrets } = options;
  const { socket: opened, steps } = await openConnection(options);
  using socket = opened;
  yield* steps;
  const request = requestHead('GET', `${target.prefix}${path}`, [
    ['Host', target.authority],
    ['Accept', 'text/event-stream'],
    ['Cache-Control', 'no-cache'],
    ...Object.entries(headers),
  ]);
  socket.write(request);
  yield {
    title: 'HTTP: a request for a stream',
    clause: 'HTML, 9.2.2',
    note: 'An ordinary GET. That is all that the client ever says: events go one way.',
    direction: 'sent',
    fields: hidden(requestFields(Buffer.from(request)), secrets),
  };
  const head = await headBytes(socket, timeoutMillis);
  const isStream = statusOf(head) === 200 && /\r\ncontent-type: *text\/event-stream/i.test(head.toString('latin1'));
  const note = isStream ? 'An answer that does not end.' : 'No event stream: "rtd doctor --only sse" finds out why.';
  yield answerStep('HTTP: the answer', head, note, 'HTML, 9.2.3');
  if (!isStream) return;

  const chunked = /\r\ntransfer-encoding: *chunked/i.test(head.toString('latin1'));
  let bytes: Buffer = Buffer.alloc(0);
  for (let piece = 0; piece < MOST_PIECES; ) {
    const whole = chunked ? takeChunk(bytes) : bytes.length > 0 ? bytes : undefined;
    if (whole !== undefined) {
      bytes = bytes.subarray(whole.length);
      piece += 1;
      yield {
        title: piece === 1 ? 'The stream begins' : 'The stream goes on',
        clause: 'HTML, 9.2.5',
        note:
          piece === 1
            ? 'Lines of "name: value" in UTF-8; a blank line ends an event.'
            : 'The same connection, some time later.',
        direction: 'received',
        fields: chunked ? chunkFields(whole) : streamFields(whole),
      };
      continue;
    }
    const more = await nextBytes(socket, timeoutMillis);
    if (more === undefined) break;
    bytes = Buffer.concat([bytes, more]);
  }
  yield {
    title: 'And so on',
    clause: 'HTML, 9.2.3',
    note: 'It goes on until one side leaves. The client leaves by closing the connection; after a break it comes back by itself, with Last-Event-ID.',
    direction: undefined,
    fields: [],
  };
}

/** Undefined when nothing more comes for now. */
async function nextBytes(
  socket: Awaited<ReturnType<typeof openConnection>>['socket'],
  timeoutMillis: number,
): Promise<Buffer | undefined> {
  try {
    return await socket.read(timeoutMillis);
  } catch (error) {
    if (error instanceof WireError && error.reason === 'silent') return undefined;
    throw error;
  }
}
