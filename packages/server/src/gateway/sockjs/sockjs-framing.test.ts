import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arrayFrame, framesIn, lengthPrefixed, messagesIn } from './sockjs-framing.ts';

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

describe('SockJS framing', () => {
  it('takes a batch of frames apart again, whatever is in them', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' })), (frames) => {
        const batch = Buffer.concat(frames.map((frame) => lengthPrefixed(Buffer.from(frame))));
        expect([...framesIn(batch)]).toEqual(frames);
      }),
    );
  });

  it('wraps one frame for a WebSocket as an array with one string', () => {
    expect(text(arrayFrame(Buffer.from('RECEIPT\nreceipt-id:"1"\n\n\0')))).toBe(
      'a["RECEIPT\\nreceipt-id:\\"1\\"\\n\\n\\u0000"]',
    );
  });

  it.each([
    ['["a","b"]', ['a', 'b']],
    ['"a"', ['a']],
    ['[]', []],
    ['', []],
  ])('reads %s as its messages', (payload, messages) => {
    expect(messagesIn(Buffer.from(payload))).toEqual(messages);
  });

  it.each(['[1]', '{"a":"b"}', '["a"', 'null', '[["a"]]'])('refuses %s', (payload) => {
    expect(messagesIn(Buffer.from(payload))).toBeUndefined();
  });
});
