/** The SSE decoder: events or TOO_LARGE, the same for every split, and never more held than its bound. */
import { RtdError } from '../../src/errors.ts';
import { encodeSseEvent, SseDecoder } from '../../src/sse/index.ts';
import { Finding, type FuzzTarget, split } from './target.ts';

const BOUND = 1_024;

export const sseTarget: FuzzTarget = {
  name: 'SSE decoder',
  corpus: 'sse',
  words: [
    ...([
      'data:',
      'data: ',
      'data\n',
      'event: market-tick\n',
      'id: 0:1,1:2\n',
      'id\n',
      'retry: 2000\n',
      ': comment\n',
    ] as const),
    ...[
      'retry:99999999999999999999\n',
      '\n',
      '\n\n',
      '\r',
      '\r\n',
      ':',
      '\0',
      ' ',
      '\uFEFF',
      'ä',
      '😀',
      '\u2028',
      'x'.repeat(300),
    ],
  ],
  check(bytes, random) {
    const whole = decode([bytes]);
    const pieces = decode(split(bytes, random));
    if (whole !== pieces) throw new Finding(`how the bytes are split changes the outcome:\n${whole}\n${pieces}`);
  },
};

function decode(pieces: readonly Uint8Array[]): string {
  const outcome: unknown[] = [];
  const decoder = new SseDecoder({
    maxEventBytes: BOUND,
    onEvent: (event) => {
      outcome.push(event);
      if (/[\r\n\0]/.test(event.id) || /[\r\n]/.test(event.event) || event.data.includes('\r')) {
        throw new Finding(`an event holds an end of line: ${JSON.stringify(event)}`);
      }
      encodeSseEvent(event);
    },
    onRetry: (millis) => {
      outcome.push(millis);
      if (!Number.isSafeInteger(millis) || millis < 0 || millis >= 2 ** 31) throw new Finding(`retry of ${millis} ms`);
    },
    onComment: (text) => outcome.push(text),
  });
  try {
    for (const piece of pieces) {
      decoder.push(piece);
      if (decoder.bufferedBytes > BOUND) throw new Finding(`the decoder holds ${decoder.bufferedBytes} characters`);
    }
  } catch (thrown) {
    if (!(thrown instanceof RtdError) || thrown.code !== 'TOO_LARGE') throw thrown;
    outcome.push(thrown.code);
  }
  return JSON.stringify(outcome);
}
