/** What an EventSource reads back is what went in, however the bytes are cut. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RtdError } from '../errors.ts';
import { SseDecoder, type SseEvent } from './sse-decoder.ts';
import { encodeSseComment, encodeSseEvent, encodeSseRetry } from './sse-encoder.ts';

function decode(bytes: Uint8Array, cuts: readonly number[], maxEventBytes?: number): (SseEvent | number | string)[] {
  const heard: (SseEvent | number | string)[] = [];
  const decoder = new SseDecoder({
    onEvent: (event) => heard.push(event),
    onRetry: (millis) => heard.push(millis),
    onComment: (text) => heard.push(text),
    maxEventBytes,
  });
  const edges = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
  try {
    for (const [index, edge] of edges.slice(1).entries()) decoder.push(bytes.subarray(edges[index], edge));
  } catch (thrown) {
    if (!(thrown instanceof RtdError)) throw thrown;
    heard.push(thrown.code);
  }
  return heard;
}

const text = fc.string({
  unit: fc.constantFrom('a', ' ', ':', '\n', '\r', 'data', 'id:', 'ä', '😀', '\u2028', '\uFEFF', '\0'),
});
const oneLine = text.map((raw) => raw.replace(/[\r\n\0]/g, ''));
const cuts = fc.array(fc.nat({ max: 500 }), { maxLength: 20 });

describe('server-sent events', () => {
  it('decode(encode(events)) = events; line ends come out as LF', () => {
    const event = fc.record({
      event: fc.option(oneLine, { nil: undefined }),
      id: fc.option(oneLine, { nil: undefined }),
      data: text,
      retry: fc.option(fc.nat(), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 5 }), cuts, (written, where) => {
        let id = '';
        const expected = written.flatMap(({ event: type, id: newId, data, retry }) => {
          id = newId ?? id;
          const read = { event: type || 'message', data: data.replace(/\r\n?/g, '\n'), id };
          return retry === undefined ? [read] : [retry, read];
        });
        const bytes = Buffer.from(written.map(encodeSseEvent).join(''));
        expect(decode(bytes, where)).toEqual(expected);
      }),
      { numRuns: 1_000 },
    );
  });

  it('any bytes come out the same, bound and all, however they are split', () => {
    const words = fc.constantFrom(
      ...['data', 'data: x', 'id', ':', 'event:e', 'retry: 1', '\r', '\n', '\r\n', '\n\n', 'é', '\uFEFF'],
    );
    const stream = fc.oneof(
      fc.array(words, { maxLength: 40 }).map((parts) => Buffer.from(parts.join(''))),
      fc.uint8Array({ maxLength: 100 }),
    );
    fc.assert(
      fc.property(stream, cuts, fc.integer({ min: 5, max: 60 }), (bytes, where, bound) => {
        const octetByOctet = Array.from(bytes.keys());
        expect(decode(bytes, where)).toEqual(decode(bytes, []));
        expect(decode(bytes, octetByOctet, bound)).toEqual(decode(bytes, [], bound));
      }),
      { numRuns: 2_000 },
    );
  });

  it('a comment of any text is nothing but comments', () => {
    fc.assert(
      fc.property(text, (comment) => {
        const heard = decode(Buffer.from(encodeSseComment(comment)), []);
        expect(heard.join('\n')).toBe(
          comment
            .split(/\r\n|\r|\n/)
            .map((line) => ` ${line}`)
            .join('\n'),
        );
      }),
    );
  });
});

describe('the encoder refuses what the format cannot carry', () => {
  it.each([
    { event: 'a\nb', data: '' },
    { event: 'a\rb', data: '' },
    { id: 'a\nb', data: '' },
    { id: 'a\0b', data: '' },
    { retry: -1, data: '' },
    { retry: 1.5, data: '' },
    { retry: Number.POSITIVE_INFINITY, data: '' },
  ])('%j', (event) => {
    expect(() => encodeSseEvent(event)).toThrow(TypeError);
  });

  it('writes what the standard shows', () => {
    expect(encodeSseEvent({ event: 'add', id: '0:1', data: 'a\nb' })).toBe('event: add\nid: 0:1\ndata: a\ndata: b\n\n');
    expect(encodeSseRetry(2_000)).toBe('retry: 2000\n');
  });
});
