import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FrameRecorder, KEPT_PAYLOAD_BYTES, type RecordedFrame } from './frame-recorder.ts';

function record(chunks: Iterable<Uint8Array>): RecordedFrame[] {
  const frames: RecordedFrame[] = [];
  const recorder = new FrameRecorder((frame) => frames.push(frame));
  for (const chunk of chunks) recorder.push(chunk);
  return frames;
}

function* cut(bytes: Uint8Array, sizes: readonly number[]): Iterable<Uint8Array> {
  let at = 0;
  for (let turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

interface Written {
  readonly fin: boolean;
  readonly opcode: number;
  readonly mask: Uint8Array | undefined;
  readonly rsv1: boolean;
  readonly payload: Uint8Array;
}

/** A frame by the letters of RFC 6455, section 5.2. */
function written({ fin, opcode, mask, rsv1, payload }: Written): Buffer {
  const { length } = payload;
  const first = (fin ? 0x80 : 0) | (rsv1 ? 0x40 : 0) | opcode;
  const long = Buffer.alloc(length < 126 ? 0 : length < 65_536 ? 2 : 8);
  if (long.length > 0) long.writeUIntBE(length, Math.max(0, long.length - 6), Math.min(6, long.length));
  const form = long.length === 0 ? length : long.length === 2 ? 126 : 127;
  const head = [Buffer.of(first, (mask === undefined ? 0 : 0x80) | form), long, mask ?? Buffer.alloc(0)];
  return Buffer.concat([...head, payload.map((octet, index) => octet ^ (mask?.[index % 4] ?? 0))]);
}

const Frame = fc.record({
  fin: fc.boolean(),
  opcode: fc.constantFrom(0, 1, 2, 8, 9, 10),
  mask: fc.option(fc.uint8Array({ minLength: 4, maxLength: 4 }), { nil: undefined }),
  rsv1: fc.boolean(),
  payload: fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.constantFrom(125, 126, 65_535, 65_536, 70_000).map((size) => new Uint8Array(size).fill(size)),
  ),
});

it('a law: what is framed is told bit by bit, wherever it is cut', () => {
  fc.assert(
    fc.property(
      fc.array(Frame, { minLength: 1, maxLength: 5 }),
      fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 90_000 })), {
        minLength: 1,
        maxLength: 5,
      }),
      (frames, sizes) => {
        const recorded = record(cut(Buffer.concat(frames.map(written)), sizes));
        expect(recorded.length).toBe(frames.length);
        for (const [index, { fin, opcode, mask, rsv1, payload }] of frames.entries()) {
          const told = recorded[index];
          expect(told).toMatchObject({ fin, opcode, rsv: rsv1 ? 4 : 0, payloadLength: payload.length });
          expect(told?.maskingKey).toEqual(mask);
          expect(Buffer.from(told?.payload ?? []).equals(payload.subarray(0, KEPT_PAYLOAD_BYTES))).toBe(true);
          expect(told?.head.length).toBe(told?.headLength);
        }
      },
    ),
    { numRuns: 50 },
  );
});

it('keeps no more of a payload than its start', () => {
  const head = Buffer.of(0x82, 0x7f, 0, 0, 0, 0, 0x10, 0, 0, 0);
  const piece = new Uint8Array(1_048_576).fill(7);
  const pieces = Array.from({ length: 256 }, () => piece);
  const [frame] = record([head, ...pieces]);
  expect(frame?.payloadLength).toBe(268_435_456);
  expect(frame?.payload.buffer.byteLength).toBe(KEPT_PAYLOAD_BYTES);
});
