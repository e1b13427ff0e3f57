/** The decoder against the HTML standard, "Parsing an event stream" and "Interpreting an event stream". */
import { describe, expect, it } from 'vitest';
import { RtdError } from '../errors.ts';
import { SseDecoder, type SseDecoderOptions, type SseEvent } from './sse-decoder.ts';

interface Heard {
  readonly events: SseEvent[];
  readonly retries: number[];
  readonly comments: string[];
  lastEventId: string;
}

function decodePieces(pieces: readonly Uint8Array[], options: Partial<SseDecoderOptions> = {}): Heard {
  const heard: Heard = { events: [], retries: [], comments: [], lastEventId: '' };
  const decoder = new SseDecoder({
    ...options,
    onEvent: (event) => heard.events.push(event),
    onRetry: (millis) => heard.retries.push(millis),
    onComment: (comment) => heard.comments.push(comment),
  });
  for (const piece of pieces) decoder.push(piece);
  heard.lastEventId = decoder.lastEventId;
  return heard;
}

/** Decodes the stream whole and octet by octet, and holds both to the same outcome. */
function decode(stream: string | Uint8Array, options: Partial<SseDecoderOptions> = {}): Heard {
  const bytes = typeof stream === 'string' ? new TextEncoder().encode(stream) : stream;
  const whole = decodePieces([bytes], options);
  const octets = Array.from(bytes, (octet) => Uint8Array.of(octet));
  expect(decodePieces(octets, options)).toEqual(whole);
  return whole;
}

const dataOf = (stream: string): string[] => decode(stream).events.map(({ data }) => data);

describe("the standard's own examples", () => {
  it('lines of data are joined by a newline', () => {
    expect(dataOf('data: YHOO\ndata: +2\ndata: 10\n\n')).toEqual(['YHOO\n+2\n10']);
  });

  it('four blocks: a comment, an id, no id, and one that never ends', () => {
    const stream = ': test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n';
    expect(decode(stream)).toEqual({
      events: [
        { event: 'message', data: 'first event', id: '1' },
        { event: 'message', data: 'second event', id: '' },
      ],
      retries: [],
      comments: [' test stream'],
      lastEventId: '',
    });
    expect(dataOf(`${stream}\n`)[2]).toBe(' third event');
  });

  it('data without a colon fires an event with empty data; two of them, one newline', () => {
    expect(dataOf('data\n\ndata\ndata\n\ndata:')).toEqual(['', '\n']);
  });

  it('one space after the colon is ignored', () => {
    expect(dataOf('data:test\n\ndata: test\n\ndata:  test\n\n')).toEqual(['test', 'test', ' test']);
  });
});

describe('lines', () => {
  it('end with LF, CR or CRLF, also mixed', () => {
    expect(dataOf('data:a\n\ndata:b\r\rdata:c\r\n\r\ndata:d\r\n\ndata:e\n\r\ndata:f\r\r\n')).toEqual([
      ...['a', 'b', 'c', 'd', 'e', 'f'],
    ]);
  });

  it('a CRLF that is cut in two is one end of line', () => {
    const utf8 = new TextEncoder();
    const pieces = ['data:a\r', '\ndata:b\r', '', '\n', '\r', '\n'].map((piece) => utf8.encode(piece));
    expect(decodePieces(pieces).events.map(({ data }) => data)).toEqual(['a\nb']);
  });

  it('other line separators of Unicode are data', () => {
    expect(dataOf('data:a\u2028b\u2029c\u0085d\v\f\n\n')).toEqual(['a\u2028b\u2029c\u0085d\v\f']);
  });
});

describe('octets', () => {
  it('one leading byte order mark is dropped, a second is not', () => {
    expect(dataOf('\uFEFFdata:a\n\n')).toEqual(['a']);
    expect(dataOf('\uFEFF\uFEFFdata:a\n\n')).toEqual([]);
    expect(dataOf('data:\uFEFFa\n\n')).toEqual(['\uFEFFa']);
    const bytes = Buffer.from('\uFEFF\uFEFFdata:a\n\n');
    expect(decodePieces([bytes.subarray(0, 3), bytes.subarray(3)]).events).toEqual([]);
  });

  it('what is no UTF-8 is replaced, and the stream goes on', () => {
    const bytes = new Uint8Array([...Buffer.from('data:a'), 0xff, 0xc3, ...Buffer.from('\n\ndata:b\n\n')]);
    expect(decode(bytes).events.map(({ data }) => data)).toEqual(['a\uFFFD\uFFFD', 'b']);
  });
});

describe('fields', () => {
  it('are known by their exact name', () => {
    expect(dataOf('DATA:a\nData:b\n data:c\ndata :d\ndatas:e\nx\n\n')).toEqual([]);
  });

  it('event: the last one counts, for one block', () => {
    const { events } = decode('event:a\nevent:b\ndata\n\ndata\n\nevent:c\n\ndata\n\nevent\ndata\n\n');
    expect(events.map(({ event }) => event)).toEqual(['b', 'message', 'message', 'message']);
  });

  it('id: stays for later events, and one with a NUL is ignored', () => {
    const { events } = decode('id:1\ndata\n\ndata\n\nid:2\0\ndata\n\nid:3\n\ndata\n\n');
    expect(events.map(({ id }) => id)).toEqual(['1', '1', '1', '3']);
  });

  it('id: holds from the blank line on, also for a block without data', () => {
    expect(decode('id:1\n\n').lastEventId).toBe('1');
    expect(decode('id:1\n\nid:2\n').lastEventId).toBe('1');
    expect(decode('data:x\n\n', { lastEventId: '7' })).toMatchObject({ lastEventId: '7', events: [{ id: '7' }] });
  });

  it('retry: ASCII digits only', () => {
    const { retries } = decode('retry:100\nretry: 0200\nretry:-1\nretry:1.5\nretry:\nretry:1 \nretry:x\nretry:١\n');
    expect(retries).toEqual([100, 200]);
  });

  it('retry: what no timer can take becomes the longest that one can', () => {
    expect(decode(`retry:${'9'.repeat(400)}\n`).retries).toEqual([2 ** 31 - 1]);
  });

  it('comments are heard as they are', () => {
    expect(decode(':\n: a\n::\n').comments).toEqual(['', ' a', ':']);
  });
});

describe('bounds', () => {
  const tooLarge = expect.objectContaining({ code: 'TOO_LARGE' });

  it('an event of the bound is taken, one more is refused', () => {
    expect(decode(`data:${'x'.repeat(95)}\n\n`, { maxEventBytes: 100 }).events).toHaveLength(1);
    expect(() => decodePieces([Buffer.from(`data:${'x'.repeat(96)}\n\n`)], { maxEventBytes: 100 })).toThrow(tooLarge);
  });

  it.each(['data:xxxxxxxx\n', 'x', 'id:1\nevent:abcd\ndata:\n', ':c'])(
    'a stream of endless %j ends in an error',
    (part) => {
      const decoder = new SseDecoder({ onEvent: () => {}, maxEventBytes: 1_000 });
      let most = 0;
      const flood = (): void => {
        for (let count = 0; count < 10_000; count += 1) {
          decoder.push(Buffer.from(part));
          most = Math.max(most, decoder.bufferedBytes);
        }
      };
      expect(flood).toThrow(RtdError);
      expect(most).toBeLessThanOrEqual(1_000);
    },
  );

  it('an endless stream of comments is no event, and holds nothing', () => {
    const decoder = new SseDecoder({ onEvent: () => {}, maxEventBytes: 100 });
    for (let count = 0; count < 1_000; count += 1) decoder.push(Buffer.from(': keep-alive\n\n'));
    expect(decoder.bufferedBytes).toBe(0);
  });
});
