import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ChunkedBody } from './chunked-body.ts';

const BYTES = Buffer.from('5\r\nhello\r\nA;name=value\r\n0123456789\r\n1\r\n\n\r\n0\r\n\r\n');

test('law: any cuts of the same bytes give the same data', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(BYTES.length)), (cuts) => {
      let data = '';
      const body = new ChunkedBody((piece) => {
        data += piece.toString();
      });
      const places = [0, ...cuts, BYTES.length].toSorted((a, b) => a - b);
      for (const [index, from] of places.entries()) body.push(BYTES.subarray(from, places[index + 1] ?? from));
      expect(data).toBe('hello0123456789\n');
      expect(body.ended).toBe(true);
    }),
  );
});

test('it is at a boundary between chunks only', () => {
  const body = new ChunkedBody(() => undefined);
  expect(body.atBoundary).toBe(true);
  body.push(Buffer.from('5\r\nhello'));
  expect(body.atBoundary).toBe(false);
  body.push(Buffer.from('\r\n'));
  expect(body.atBoundary).toBe(true);
});

test('a size that is none is refused', () => {
  expect(() => new ChunkedBody(() => undefined).push(Buffer.from('hello\r\n'))).toThrow('size');
});
