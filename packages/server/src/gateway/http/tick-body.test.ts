import { describe, expect, it } from 'vitest';
import { tickBody } from './tick-body.ts';

const read = (text: string) => tickBody.read(Buffer.from(text));
const refusal = (text: string): string => {
  try {
    read(text);
  } catch (error) {
    if (error instanceof Error) return error.message;
  }
  throw new Error('was accepted');
};

describe('the body of ticks', () => {
  it.each([
    ['an array', '[{"symbol":"BTC","price":1},{"symbol":"ETH","price":2.5}]'],
    ['an array with space around', '\n  [ {"symbol":"BTC","price":1}, {"symbol":"ETH","price":2.5} ]\n'],
    ['lines', '{"symbol":"BTC","price":1}\n{"symbol":"ETH","price":2.5}'],
    ['lines of Windows, with empty ones', '{"symbol":"BTC","price":1}\r\n\r\n{"symbol":"ETH","price":2.5}\r\n'],
  ])('is taken as %s', (_what, text) => {
    expect(read(text)).toEqual([
      { symbol: 'BTC', price: 1 },
      { symbol: 'ETH', price: 2.5 },
    ]);
  });

  it('may have one tick, and in an array none', () => {
    expect(read('{"symbol":"BTC","price":1}')).toHaveLength(1);
    expect(read('[]')).toEqual([]);
  });

  it.each([
    ['[{"symbol":"BTC","price":1},{"symbol":"ETH"}]', /^tick 2 of 2 \(index 1\): price: /],
    ['{"symbol":"BTC","price":1}\n\n{"symbol":"ETH"}', /^line 3: price: /],
    ['[{"symbol":"BTC","price":1},{"symb', /^The array of ticks ends in the middle: it was cut off/],
    ['[{"symbol":"BTC","price":1}', /^The array of ticks ends in the middle: it was cut off/],
    ['{"symbol":"BTC","price":1}\n{"symbol":"ETH","pri', /^line 2 ends in the middle: it was cut off/],
    ['[{"symbol":"BTC","price":1}]]', /^The array of ticks is no JSON/],
    ['hello', /^line 1 is no JSON/],
    ['[1]', /^tick 1 of 1 \(index 0\): /],
    ['"BTC"', /^line 1: /],
    ['', /is empty/],
    ['\n\n', /has no ticks/],
    ['[{"symbol":"BTC","price":-1}]', /index 0\): price: /],
    ['[{"symbol":"B/C","price":1}]', /index 0\): symbol: /],
    ['[{"symbol":"BTC","price":1e999}]', /index 0\): price: /],
    ['[{"symbol":"BTC","price":"1"}]', /index 0\): price: /],
    ['[{"symbol":"BTC","price":1,"timestamp":"yesterday"}]', /index 0\): timestamp: /],
  ])('%j is refused in one line that says where', (text, message) => {
    expect(refusal(text)).toMatch(message);
    expect(refusal(text)).not.toContain('\n');
  });

  it('is refused when it is not UTF-8', () => {
    expect(() => tickBody.read(Buffer.from([0x5b, 0xff, 0x5d]))).toThrow('not UTF-8');
  });
});
