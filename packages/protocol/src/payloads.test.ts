/** The payload schemas, the ids in them, and the one way in for bodies. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  ChatMessage,
  Content,
  ConversationSend,
  GlobalSend,
  GuestGlobalSend,
  NewConversation,
  ReadSend,
  Timestamp,
  TypingSend,
} from './chat.ts';
import { ERRORS, type ErrorCode, parseOrRefuse, RtdError, toRtdError } from './errors.ts';
import { ClientMessageId, ConversationId, UserId } from './ids.ts';
import { parseJsonBody } from './json.ts';
import { DEFAULT_LIMITS, limitsWith } from './limits.ts';
import { formatLogPosition, parseLogPosition, Tick, TickInput } from './market.ts';
import { PresenceSend, ResourceSend } from './presence.ts';

const accepts = (schema: z.ZodType, value: unknown): boolean => schema.safeParse(value).success;

describe('ids and names', () => {
  it.each(['a', 'global', 'Zoë', 'Жук', '用户', 'a.b_c-d:e@f', '0', 'x'.repeat(64), '𠮷'.repeat(64), 'नमस्ते'])(
    '%j is one',
    (id) => {
      expect(accepts(UserId, id)).toBe(true);
    },
  );

  it.each([
    ...[
      '',
      'x'.repeat(65),
      '𠮷'.repeat(65),
      'a b',
      'a/b',
      'a\nb',
      'a\0',
      '\u202Ea',
      'a\u200Bb',
      '\uD800',
      '😀',
      'a\u001b[31m',
      '<b>',
    ],
    ...[null, 7, ['a'], { toString: () => 'a' }],
  ])('%j is none', (id) => {
    expect(accepts(UserId, id)).toBe(false);
    expect(accepts(ConversationId, id)).toBe(false);
  });

  it('a client message id may have anything but control characters and halves of characters', () => {
    for (const id of ['a', 'a b/c', '😀'.repeat(64), '{"x":1}']) expect(accepts(ClientMessageId, id)).toBe(true);
    for (const id of ['', 'a\nb', 'a\0', 'a\u007f', '\uD83D', '😀'.repeat(65)])
      expect(accepts(ClientMessageId, id)).toBe(false);
  });
});

describe('content', () => {
  it('is 1 to 4,000 characters after trimming, whatever they take in memory', () => {
    expect(Content.parse('  hi\n')).toBe('hi');
    expect(accepts(Content, '😀'.repeat(4_000))).toBe(true);
    expect(accepts(Content, ` ${'x'.repeat(4_000)} `)).toBe(true);
    for (const content of ['', '   ', '\n\t', 'x'.repeat(4_001), '😀'.repeat(4_001), 'a\uD800']) {
      expect(accepts(Content, content)).toBe(false);
    }
  });

  it('is stored as it is: terminal escapes, bidi marks and NUL included', () => {
    for (const content of ['\u001b[31mred', 'a\u202Eb', 'a\0b', '<script>', 'e\u0301']) {
      expect(Content.parse(content)).toBe(content);
    }
  });
});

describe('bodies of SEND', () => {
  it('unknown fields are ignored', () => {
    expect(GlobalSend.parse({ content: 'hi', extra: 1, __proto__: { x: 1 } })).toEqual({ content: 'hi' });
    expect(TypingSend.parse({})).toEqual({ isTyping: true });
  });

  it.each([
    [GlobalSend, {}],
    [GlobalSend, { content: 7 }],
    [GuestGlobalSend, { content: 'hi', sender: 'two words' }],
    [GlobalSend, []],
    [GlobalSend, null],
    [ConversationSend, { content: 'hi', conversationId: 'a/b' }],
    [ConversationSend, { content: 'hi', type: 'IMAGE' }],
    [TypingSend, { isTyping: 'yes' }],
    [ReadSend, {}],
    [ReadSend, { conversationId: 'a' }],
    [ReadSend, { conversationId: 'a', seq: 0 }],
    [ReadSend, { conversationId: 'a', seq: 1.5 }],
    [PresenceSend, { status: 'online' }],
    [ResourceSend, { resourceType: 'stock', resourceId: '' }],
    [NewConversation, { kind: 'direct' }],
    [NewConversation, { kind: 'group', title: '  ' }],
    [NewConversation, { kind: 'group', title: '\uD800' }],
    [NewConversation, { kind: 'group', members: Array.from({ length: 1_001 }, (_, index) => `u${index}`) }],
  ] as const)('%# is refused', (schema, body) => {
    expect(accepts(schema, body)).toBe(false);
  });

  it('a mark of what was read is by id or by place', () => {
    expect(ReadSend.parse({ id: 'm1' })).toEqual({ id: 'm1' });
    expect(ReadSend.parse({ conversationId: 'a', seq: 3 })).toEqual({ conversationId: 'a', seq: 3 });
  });
});

describe('timestamps', () => {
  it('are ISO-8601 UTC with milliseconds', () => {
    expect(accepts(Timestamp, new Date(0).toISOString())).toBe(true);
    const wrong = [
      '2026-01-31T09:00:00Z',
      '2026-01-31T09:00:00.000+01:00',
      '2026-02-30T09:00:00.000Z',
      '2026-01-31',
      'now',
      '',
    ];
    for (const timestamp of wrong) expect(accepts(Timestamp, timestamp)).toBe(false);
  });
});

describe('ticks', () => {
  const tick = {
    symbol: 'BTC',
    price: 1,
    change: 0,
    changePercent: 0,
    volume: 0,
    timestamp: '2026-01-31T09:00:00.000Z',
  };

  it('have a positive, finite price', () => {
    expect(accepts(Tick, tick)).toBe(true);
    for (const price of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, '1', null, undefined]) {
      expect(accepts(Tick, { ...tick, price })).toBe(false);
      expect(accepts(TickInput, { symbol: 'BTC', price })).toBe(false);
    }
  });

  it('come in with what the sender knows', () => {
    expect(TickInput.parse({ symbol: 'BTC', price: 1, currency: 'USD' })).toEqual({ symbol: 'BTC', price: 1 });
    expect(accepts(TickInput, { symbol: 'BTC', price: 1, timestamp: '2026-01-31T09:00:00+01:00' })).toBe(true);
    expect(accepts(TickInput, { symbol: 'BTC', price: 1, volume: -1 })).toBe(false);
    expect(accepts(TickInput, { symbol: 'BTC', price: 1, timestamp: 'yesterday' })).toBe(false);
  });
});

describe('a place in the tick log', () => {
  it('is read as it is written', () => {
    const offset = fc.oneof(fc.constant(-1), fc.integer({ min: 0, max: 999_999_999_999_999 }));
    fc.assert(
      fc.property(fc.array(offset, { minLength: 1, maxLength: 40 }), (position) => {
        expect(parseLogPosition(formatLogPosition(position))).toEqual(position);
      }),
    );
    expect(formatLogPosition([1041, 998, 1203])).toBe('0:1041,1:998,2:1203');
  });

  it.each([
    ...[
      '',
      '0',
      '0:',
      ':1',
      '1:5',
      '0:1,2:3',
      '0:1,0:2',
      '0:-2',
      '0:1.5',
      '0:01',
      '00:1',
      '0:1,',
      ',0:1',
      '0:1 ,1:2',
      'x',
    ],
    ...['0:9999999999999999', `0:1${',1:1'.repeat(400)}`],
  ])('%j is none', (id) => {
    expect(parseLogPosition(id)).toBeUndefined();
  });
});

describe('parseJsonBody', () => {
  const refusal = (body: Uint8Array | string): RtdError => {
    try {
      parseJsonBody(GuestGlobalSend, body);
    } catch (thrown) {
      if (thrown instanceof RtdError) return thrown;
      throw thrown;
    }
    throw new Error('it was accepted');
  };

  it('takes bytes and text, with or without a byte order mark', () => {
    expect(parseJsonBody(GlobalSend, Buffer.from('\uFEFF{"content":"é"}'))).toEqual({ content: 'é' });
    expect(parseJsonBody(GlobalSend, '{"content":"é"}')).toEqual({ content: 'é' });
  });

  it('takes null for left out, and only where a field may be', () => {
    const asJackson = '{"content":"hi","conversationId":null,"recipientId":"bo","type":null,"clientMessageId":null}';
    expect(parseJsonBody(ConversationSend, asJackson)).toEqual({ content: 'hi', recipientId: 'bo' });
    expect(() => parseJsonBody(ConversationSend, '{"content":null}')).toThrow(/content/);
    expect(() => parseJsonBody(ConversationSend, 'null')).toThrow(RtdError);
  });

  it.each([
    ['', 'body is empty; send JSON.'],
    [' \n', 'body is empty; send JSON.'],
    ['{"content":"h', 'body is not valid JSON, or was cut off.'],
    [Uint8Array.of(0xff), 'body is not valid UTF-8.'],
    ['{"content":""}', 'body.content: must not be empty'],
    ['{"content":"hi","sender":"a b"}', 'body.sender: must be 1 to 64 letters, digits or . _ - : @'],
  ])('%j is refused with a word about why', (body, message) => {
    expect(refusal(body)).toMatchObject({ code: 'VALIDATION', message });
  });

  it('names the first field that does not fit, also deep inside', () => {
    const ticks = z.array(TickInput);
    const wrong = [{ symbol: 'BTC', price: 1 }, { symbol: 'BTC' }];
    expect(() => parseOrRefuse(ticks, wrong, 'ticks')).toThrow(/^ticks\.1\.price: /);
  });
});

describe('errors', () => {
  it('every code of the contract is there, and knows its status', () => {
    const contract = [
      'VALIDATION',
      'TOO_LARGE',
      'RATE_LIMITED',
      'UNAUTHENTICATED',
      'FORBIDDEN',
      'NOT_FOUND',
      'CONFLICT',
    ];
    const codes = [...contract, 'STORE_UNAVAILABLE', 'UNAVAILABLE', 'INTERNAL', 'RESUME_TRUNCATED'];
    expect(Object.keys(ERRORS)).toEqual(codes);
    const again: ErrorCode[] = ['RATE_LIMITED', 'STORE_UNAVAILABLE', 'UNAVAILABLE'];
    for (const code of again) expect(new RtdError(code, '')).toMatchObject({ retryable: true });
    expect(new RtdError('STORE_UNAVAILABLE', '')).toMatchObject({ status: 503 });
  });

  it("an internal error's text never reaches a peer", () => {
    const internal = toRtdError(new Error('password=hunter2'));
    expect(internal.code).toBe('INTERNAL');
    expect(internal.message).not.toContain('hunter2');
    const refused = new RtdError('FORBIDDEN', 'no');
    expect(toRtdError(refused)).toBe(refused);
  });
});

describe('limits', () => {
  it('0 lifts one, and the rest keep their defaults', () => {
    const limits = limitsWith({ FRAME_BYTES: 0, HEADERS: 7 });
    expect(limits).toEqual({ ...DEFAULT_LIMITS, FRAME_BYTES: Number.POSITIVE_INFINITY, HEADERS: 7 });
  });
});

describe('ChatMessage', () => {
  it('has what the contract says', () => {
    const message = {
      id: '0198c2f0-0000-7000-8000-000000000000',
      conversationId: 'global',
      seq: 1,
      senderId: 'ann',
      senderName: 'Ann',
      type: 'TEXT',
      content: 'hi',
      status: 'SENT',
      timestamp: '2026-01-31T09:00:00.000Z',
    };
    expect(ChatMessage.parse(message)).toEqual(message);
    expect(accepts(ChatMessage, { ...message, seq: 0 })).toBe(false);
    expect(accepts(ChatMessage, { ...message, status: 'LOST' })).toBe(false);
  });
});
