import fc from 'fast-check';
import { expect, test } from 'vitest';
import { WebSocketReader } from './web-socket-reader.ts';

/** A frame as a server writes it. */
function frame(opcode: number, payload: Buffer, final = true): Buffer {
  const { length } = payload;
  const head =
    length < 126
      ? [length]
      : length < 65_536
        ? [126, length >> 8, length & 0xff]
        : [127, 0, 0, 0, 0, 0, length >> 16, (length >> 8) & 0xff, length & 0xff];
  return Buffer.concat([Buffer.from([(final ? 0x80 : 0) | opcode, ...head]), payload]);
}

interface Heard {
  text: string;
  pings: string[];
  closes: (readonly [number | undefined, string])[];
}

function reader(): { reader: WebSocketReader; heard: Heard } {
  const heard: Heard = { text: '', pings: [], closes: [] };
  return {
    heard,
    reader: new WebSocketReader({
      onPayload: (piece) => {
        heard.text += piece.toString('latin1');
      },
      onPing: (payload) => heard.pings.push(payload.toString()),
      onClose: (code, reason) => heard.closes.push([code, reason]),
    }),
  };
}

const BYTES = Buffer.concat([
  frame(1, Buffer.from('a')),
  frame(1, Buffer.alloc(0)),
  frame(2, Buffer.alloc(125, 'b')),
  frame(1, Buffer.alloc(126, 'c'), false),
  frame(9, Buffer.from('are you there')),
  frame(0, Buffer.alloc(65_535, 'd')),
  frame(1, Buffer.alloc(65_536, 'e')),
  frame(9, Buffer.alloc(0)),
  frame(8, Buffer.concat([Buffer.from([0x03, 0xe8]), Buffer.from('bye')])),
]);
const TEXT = `a${'b'.repeat(125)}${'c'.repeat(126)}${'d'.repeat(65_535)}${'e'.repeat(65_536)}`;

test('law: any cuts of the same bytes give the same payload, pings and close', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(BYTES.length), { maxLength: 40 }), (cuts) => {
      const { reader: reading, heard } = reader();
      const places = [0, ...cuts, 1, 2, 3, 130, 131, 132, BYTES.length].toSorted((a, b) => a - b);
      for (const [index, from] of places.entries()) reading.push(BYTES.subarray(from, places[index + 1] ?? from));
      expect(heard.text).toBe(TEXT);
      expect(heard).toMatchObject({ pings: ['are you there', ''], closes: [[1000, 'bye']] });
      expect(reading.atBoundary).toBe(true);
    }),
    { numRuns: 50 },
  );
});

test('it is at a boundary between frames only', () => {
  const { reader: reading } = reader();
  const bytes = frame(1, Buffer.alloc(200, 'x'));
  for (const at of bytes.keys()) {
    expect(reading.atBoundary).toBe(at === 0);
    reading.push(bytes.subarray(at, at + 1));
  }
  expect(reading.atBoundary).toBe(true);
});

test('what no server may send is refused', () => {
  expect(() => reader().reader.push(Buffer.from([0x81, 0x81, 1, 2, 3, 4, 5]))).toThrow('masked');
  expect(() => reader().reader.push(frame(9, Buffer.alloc(126)))).toThrow('control frame');
});
