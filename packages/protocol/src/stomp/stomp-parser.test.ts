/** The parser against the rules of STOMP 1.0, 1.1 and 1.2 that are its own; each test carries the number of its rule. */
import { describe, expect, it } from 'vitest';
import type { StompVersion } from './frame.ts';
import type { StompErrorCode } from './stomp-error.ts';
import { StompError } from './stomp-error.ts';
import { StompParser, type StompParserLimits } from './stomp-parser.ts';

const VERSIONS: readonly StompVersion[] = ['1.0', '1.1', '1.2'];
const utf8 = new TextEncoder();

interface Outcome {
  readonly frames: readonly { command: string; headers: [string, string][]; body: string }[];
  readonly heartBeats: number;
  readonly error: StompErrorCode | undefined;
  readonly receiptId: string | undefined;
}

interface Setting {
  readonly version?: StompVersion;
  readonly role?: 'server' | 'client';
  readonly limits?: Partial<StompParserLimits>;
  /** Octets a push; without it, everything at once. */
  readonly pieces?: number;
}

function parseBytes(bytes: Uint8Array, setting: Setting = {}): Outcome {
  const frames: Outcome['frames'][number][] = [];
  let heartBeats = 0;
  const parser = new StompParser({
    role: setting.role ?? 'server',
    limits: setting.limits,
    onFrame: ({ command, headers, body }) =>
      frames.push({ command, headers: [...headers], body: new TextDecoder('utf-8', { fatal: true }).decode(body) }),
    onHeartBeat: () => {
      heartBeats += 1;
    },
  });
  parser.version = setting.version ?? '1.2';
  const pieces = setting.pieces ?? Math.max(bytes.length, 1);
  try {
    for (let at = 0; at < bytes.length; at += pieces) parser.push(bytes.slice(at, at + pieces));
  } catch (thrown) {
    if (!(thrown instanceof StompError)) throw thrown;
    return { frames, heartBeats, error: thrown.code, receiptId: thrown.receiptId };
  }
  return { frames, heartBeats, error: undefined, receiptId: undefined };
}

/** Parses the text whole and octet by octet, and holds both to the same outcome. */
function parse(text: string | Uint8Array, setting: Setting = {}): Outcome {
  const bytes = typeof text === 'string' ? utf8.encode(text) : text;
  const whole = parseBytes(bytes, setting);
  expect(parseBytes(bytes, { ...setting, pieces: 1 })).toEqual(whole);
  return whole;
}

const headersOf = (text: string, version: StompVersion): [string, string][] | undefined =>
  parse(text, { version }).frames[0]?.headers;

describe.each(VERSIONS)('STOMP %s', (version) => {
  it('takes a frame apart', () => {
    expect(parse('SEND\ndestination:/app/chat\nreceipt:1\n\n{"content":"hi"}\0', { version })).toEqual({
      frames: [
        {
          command: 'SEND',
          headers: [
            ['destination', '/app/chat'],
            ['receipt', '1'],
          ],
          body: '{"content":"hi"}',
        },
      ],
      heartBeats: 0,
      error: undefined,
      receiptId: undefined,
    });
  });

  it('rule 16: CRLF is accepted wherever LF is, and EOLs between frames are heart-beats', () => {
    const outcome = parse('\n\r\nSEND\r\ndestination:/a\r\n\r\nx\0\r\n\n\nACK\nid:1\n\n\0\n', { version });
    expect(outcome.error).toBeUndefined();
    expect(outcome.frames.map(({ command, body }) => [command, body])).toEqual([
      ['SEND', 'x'],
      ['ACK', ''],
    ]);
    expect(outcome.frames[0]?.headers).toEqual([['destination', '/a']]);
    expect(outcome.heartBeats).toBe(6);
  });

  it('rule 17: content-length counts octets, and NULs inside the body are kept', () => {
    expect(parse('SEND\ncontent-length:6\n\nä\0€\0', { version }).frames[0]?.body).toBe('ä\0€');
    expect(parse('SEND\ncontent-length:0\n\n\0', { version }).frames[0]?.body).toBe('');
    expect(parse('SEND\ncontent-length:3\ncontent-length:1\n\na\0b\0', { version }).frames[0]?.body).toBe('a\0b');
    expect(parse('ACK\nid:1\ncontent-length:0\n\n\0', { version }).frames).toHaveLength(1);
  });

  it('rule 18: the octet after a counted body must be NUL', () => {
    expect(parse('SEND\ncontent-length:2\n\nabc\0', { version }).error).toBe('missing-nul');
  });

  it('rule 19: without content-length the body ends at the first NUL', () => {
    const { frames } = parse('SEND\ndestination:/a\n\none\0SEND\ndestination:/b\n\ntwo\0', { version });
    expect(frames.map(({ body }) => body)).toEqual(['one', 'two']);
  });

  it.each(['-1', '+1', 'x', '', '1.5', '0x10', '1e3', '1 2', '9999999999999999'])(
    'rule 20: content-length %j is refused',
    (length) => {
      expect(parse(`SEND\ncontent-length:${length}\n\n`, { version }).error).toBe('bad-content-length');
    },
  );

  it('rule 20: also where a body follows that would fit what a careless reader makes of it', () => {
    // '/' is the octet before '0': as a digit it would be -1, and 1/ would be 9.
    expect(parse('SEND\ncontent-length:1/\n\n123456789\0', { version }).error).toBe('bad-content-length');
  });

  it('rule 20: a content-length over the limit is refused at the blank line, and nothing is buffered', () => {
    const parser = new StompParser({ role: 'server', limits: { frameBytes: 1_000 }, onFrame: () => {} });
    parser.version = version;
    expect(() => parser.push(utf8.encode('SEND\ncontent-length:1000\n\n'))).toThrow(
      expect.objectContaining({ code: 'frame-too-large' }),
    );
    parser.push(new Uint8Array(10_000));
    expect(parser.bufferedBytes).toBe(0);
  });

  it('rule 22: only SEND may bring a body to a server', () => {
    expect(parse('SUBSCRIBE\nid:1\nreceipt:r7\n\nx\0', { version })).toMatchObject({
      frames: [],
      error: 'body-not-allowed',
      receiptId: 'r7',
    });
    expect(parse('SUBSCRIBE\nid:1\ncontent-length:1\n\nx\0', { version }).error).toBe('body-not-allowed');
    expect(parse('MESSAGE\nmessage-id:1\n\nx\0', { version, role: 'client' }).frames[0]?.body).toBe('x');
  });

  it('rule 23: commands and header names keep their case', () => {
    expect(parse('send\nDestination:/a\n\n\0', { version }).frames[0]).toMatchObject({
      command: 'send',
      headers: [['Destination', '/a']],
    });
  });

  it('rule 24: UTF-8 in headers and body', () => {
    const { frames } = parse('SEND\nname-ñ:日本語 👩‍👩‍👧\n\n中\0', { version });
    expect(frames[0]).toMatchObject({ headers: [['name-ñ', '日本語 👩‍👩‍👧']], body: '中' });
  });

  it('rule 24: invalid UTF-8, a line without a colon and an empty name are refused', () => {
    const head = utf8.encode('SEND\nreceipt:r\nname:');
    const bytes = new Uint8Array([...head, 0xc3, 0x28, 0x0a, 0x0a, 0x00]);
    expect(parse(bytes, { version })).toMatchObject({ error: 'invalid-utf8', receiptId: 'r' });
    expect(parse('SEND\nno colon\n\n\0', { version }).error).toBe('malformed-header');
    expect(parse('SEND\n:value\n\n\0', { version }).error).toBe('malformed-header');
  });

  it('rule 30: of a repeated header the first one counts', () => {
    expect(headersOf('SEND\na:1\nb:x\na:2\na:3\n\n\0', version)).toEqual([
      ['a', '1'],
      ['b', 'x'],
    ]);
  });

  it('a NUL in the head is refused, with the two usual reasons told apart', () => {
    expect(parse('SE\0ND\n\n\0', { version }).error).toBe('malformed-command');
    expect(parse('\0', { version }).error).toBe('malformed-command');
    expect(parse('DISCONNECT\n\0', { version }).error).toBe('malformed-header');
  });

  it('a header value may be empty and may hold colons', () => {
    expect(headersOf('SEND\nempty:\nurl:http://a:1/\n\n\0', version)).toEqual([
      ['empty', ''],
      ['url', 'http://a:1/'],
    ]);
  });
});

describe('rule 10: CONNECT and CONNECTED are never unescaped', () => {
  it.each(['CONNECT', 'STOMP', 'CONNECTED'])('%s', (command) => {
    const frame = `${command}\naccept-version:1.2\nversion:1.2\npasscode:a\\nb\\x\n\n\0`;
    for (const version of VERSIONS) expect(headersOf(frame, version)).toContainEqual(['passcode', 'a\\nb\\x']);
  });
});

describe('rules 25 to 27: unescaping', () => {
  const header = (version: StompVersion, written: string): string | StompErrorCode | undefined => {
    const { frames, error } = parse(`SEND\nk:${written}\n\n\0`, { version });
    return error ?? frames[0]?.headers[0]?.[1];
  };

  it('rule 25: 1.0 has no escapes', () => {
    expect(header('1.0', 'a\\nb\\cc\\\\d\\t\\')).toBe('a\\nb\\cc\\\\d\\t\\');
  });

  it('rule 26: 1.1 has \\n, \\c and \\\\; anything else is fatal', () => {
    expect(header('1.1', '\\n\\c\\\\n')).toBe('\n:\\n');
    for (const wrong of ['\\r', '\\t', '\\N', '\\0', 'x\\', '\\ü']) expect(header('1.1', wrong)).toBe('bad-escape');
  });

  it('rule 27: 1.2 has \\r too; anything else is fatal', () => {
    expect(header('1.2', '\\r\\n\\c\\\\n')).toBe('\r\n:\\n');
    for (const wrong of ['\\t', '\\R', '\\0', 'x\\', '\\ü']) expect(header('1.2', wrong)).toBe('bad-escape');
  });

  it('names are unescaped too, and a repeated header must still be well written', () => {
    expect(headersOf('SEND\na\\cb:1\n\n\0', '1.2')).toEqual([['a:b', '1']]);
    expect(parse('SEND\na:1\na:\\t\n\n\0', { version: '1.2' }).error).toBe('bad-escape');
  });

  it('1.2: a raw CR inside a line is refused', () => {
    expect(parse('SEND\na:b\rc\n\n\0', { version: '1.2' }).error).toBe('malformed-header');
  });
});

describe('rule 29: padding', () => {
  const padded = 'SEND\n destination : /a b \n\n\0';

  it('1.1 and 1.2 never trim', () => {
    expect(headersOf(padded, '1.1')).toEqual([[' destination ', ' /a b ']]);
    expect(headersOf(padded, '1.2')).toEqual([[' destination ', ' /a b ']]);
  });

  it("1.0 takes off the spaces that its own specification's examples have", () => {
    expect(headersOf(padded, '1.0')).toEqual([['destination', '/a b']]);
    expect(headersOf('CONNECT\nlogin: me \n\n\0', '1.2')).toEqual([['login', 'me']]);
    expect(headersOf('CONNECT\naccept-version:1.2\nlogin: me \n\n\0', '1.0')).toContainEqual(['login', ' me ']);
    expect(parse('SEND\n : x\n\n\0', { version: '1.0' }).error).toBe('malformed-header');
  });
});

describe('rule 40: limits', () => {
  it('headers, one past the limit', () => {
    const frame = (count: number): string => `SEND\n${'a:b\n'.repeat(count)}\n\0`;
    expect(parse(frame(3), { limits: { headers: 3 } }).error).toBeUndefined();
    expect(parse(frame(4), { limits: { headers: 3 } }).error).toBe('too-many-headers');
  });

  it('a header line, one octet past the limit, and as soon as that octet is there', () => {
    const frame = (length: number): string => `SEND\n${'h:'.padEnd(length, 'x')}\n\n\0`;
    expect(parse(frame(100), { limits: { headerBytes: 100 } }).error).toBeUndefined();
    expect(parse(frame(101), { limits: { headerBytes: 100 } }).error).toBe('header-too-long');
    expect(parse(frame(101).slice(0, 106), { limits: { headerBytes: 100 } }).error).toBe('header-too-long');
    expect(parse(frame(100).replaceAll('\n', '\r\n'), { limits: { headerBytes: 100 } }).error).toBeUndefined();
    expect(parse('x'.repeat(101), { limits: { headerBytes: 100 } }).error).toBe('header-too-long');
  });

  it.each(['counted', 'open'])('a frame with a %s body, one octet past the limit', (kind) => {
    const head = kind === 'counted' ? 'SEND\ncontent-length:050\n\n' : 'SEND\ndestination:/a\n\n';
    const frame = `${head}${'x'.repeat(50)}\0`;
    expect(parse(frame, { limits: { frameBytes: frame.length } }).error).toBeUndefined();
    expect(parse(frame, { limits: { frameBytes: frame.length - 1 } }).error).toBe('frame-too-large');
  });

  it('an endless body, head or line never makes it hold more than the limit', () => {
    for (const start of ['SEND\n\n', 'SEND\ncontent-length:90000\n\n', 'SEND\na:', '']) {
      const parser = new StompParser({
        role: 'server',
        limits: { frameBytes: 100_000, headerBytes: 1_000, headers: 10 },
        onFrame: () => {},
      });
      let most = 0;
      const flood = (): void => {
        parser.push(utf8.encode(start));
        for (let count = 0; count < 1_000; count += 1) {
          parser.push(new Uint8Array(700).fill(0x61));
          most = Math.max(most, parser.bufferedBytes);
        }
      };
      expect(flood).toThrow(StompError);
      expect(most).toBeLessThanOrEqual(100_000);
      expect(parser.bufferedBytes).toBe(0);
    }
  });

  it('limits and version that onFrame sets hold from the very next frame, in the same bytes too', () => {
    const seen: string[] = [];
    const parser = new StompParser({
      role: 'server',
      limits: { frameBytes: 60 },
      onFrame: (frame) => {
        seen.push(frame.headers.get('k') ?? '');
        parser.version = '1.2';
        parser.limits = { ...parser.limits, frameBytes: 1_000 };
      },
    });
    parser.push(utf8.encode(`CONNECT\naccept-version:1.2\nk:\\n\n\n\0SEND\nk:\\n\n\n${'x'.repeat(100)}\0`));
    expect(seen).toEqual(['\\n', '\n']);
  });
});

describe('the end', () => {
  it('after an error everything is ignored', () => {
    const frames: string[] = [];
    const parser = new StompParser({ role: 'server', onFrame: ({ command }) => frames.push(command) });
    expect(() => parser.push(utf8.encode('SEND\nbad\n\n\0'))).toThrow(StompError);
    parser.push(utf8.encode('SEND\na:b\n\n\0'));
    expect(frames).toEqual([]);
  });

  it('stop ignores the rest of the bytes that are being taken', () => {
    const frames: string[] = [];
    const parser: StompParser = new StompParser({
      role: 'server',
      onFrame: ({ command }) => {
        frames.push(command);
        parser.stop();
      },
    });
    parser.push(utf8.encode('DISCONNECT\n\n\0SEND\n\nlate\0\0\0'));
    expect(frames).toEqual(['DISCONNECT']);
  });

  it('what onFrame throws comes out of push, and stops the parser', () => {
    const parser = new StompParser({
      role: 'server',
      onFrame: () => {
        throw new RangeError('from the session');
      },
    });
    expect(() => parser.push(utf8.encode('ACK\nid:1\n\n\0'))).toThrow(RangeError);
    expect(() => parser.push(utf8.encode('ACK\nid:1\n\n\0'))).not.toThrow();
  });
});

describe('headers of a frame', () => {
  const read = (text: string) => {
    let headers: ReadonlyMap<string, string> = new Map();
    const parser = new StompParser({
      role: 'server',
      onFrame: (frame) => {
        headers = frame.headers;
      },
    });
    parser.version = '1.2';
    parser.push(utf8.encode(text));
    return headers;
  };

  it('are a map, whichever way the frame came', () => {
    const expected = new Map([
      ['subscription', 's'],
      ['id', '7'],
    ]);
    for (const text of ['ACK\nsubscription:s\nid:7\nid:8\n\n\0', 'ACK\r\nsubscription:s\r\nid:7\r\nid:8\r\n\r\n\0']) {
      const headers = read(text);
      expect(headers.size).toBe(2);
      expect([...headers]).toEqual([...expected]);
      expect([...headers.keys()]).toEqual(['subscription', 'id']);
      expect([...headers.values()]).toEqual(['s', '7']);
      expect([...headers.entries()]).toEqual([...expected]);
      const visited: string[] = [];
      headers.forEach((value, name) => {
        visited.push(name, value);
      });
      expect(visited).toEqual(['subscription', 's', 'id', '7']);
    }
  });

  it('are found by their whole name only', () => {
    for (const eol of ['\n', '\r\n']) {
      const headers = read(['ACK', 'message-id:1', 'x:id:2', 'identity:3', 'id:4', '', '\0'].join(eol));
      expect(headers.get('id')).toBe('4');
      expect(headers.has('id')).toBe(true);
      for (const absent of ['', 'ACK', 'ident', 'x:id', 'x:', 'message-id:1\nx', 'message-id:1', '\n']) {
        expect(headers.get(absent)).toBeUndefined();
        expect(headers.has(absent)).toBe(false);
      }
    }
  });
});
