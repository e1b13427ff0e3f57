/** What holds for every frame, every version and every split of the bytes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StompVersion } from './frame.ts';
import { StompError } from './stomp-error.ts';
import { StompParser } from './stomp-parser.ts';
import { serializeFrame } from './stomp-serializer.ts';

const VERSIONS: readonly StompVersion[] = ['1.0', '1.1', '1.2'];

interface PlainFrame {
  readonly command: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array;
}

type Event = PlainFrame | 'heart-beat' | { readonly error: string; readonly receiptId: string | undefined };

/** Everything that comes out of the parser, in order. The bytes are cut at `cuts`. */
function events(bytes: Uint8Array, cuts: readonly number[], version: StompVersion, limits = {}): Event[] {
  const out: Event[] = [];
  const parser = new StompParser({
    role: 'client',
    limits: { frameBytes: 1_000_000, headers: 100, ...limits },
    onFrame: ({ command, headers, body }) => out.push({ command, headers: [...headers], body: body.slice() }),
    onHeartBeat: () => out.push('heart-beat'),
  });
  parser.version = version;
  const edges = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
  try {
    for (const [index, edge] of edges.slice(1).entries()) {
      // A copy, wiped afterwards: what the parser keeps must be its own.
      const piece = bytes.slice(edges[index], edge);
      parser.push(piece);
      piece.fill(0xff);
    }
  } catch (thrown) {
    if (!(thrown instanceof StompError)) throw thrown;
    out.push({ error: thrown.code, receiptId: thrown.receiptId });
  }
  return out;
}

const text = fc.string({
  unit: fc.constantFrom('a', 'B', '7', '-', '/', ' ', '\\', '\n', '\r', ':', 'ä', '€', '😀', '\t'),
});

/** What the version can carry (stomp-rules 25 to 29): the law holds for exactly that. */
const writable: Readonly<Record<StompVersion, (name: string) => string>> = {
  '1.0': (value) => value.replace(/[\r\n]/g, '').replace(/^ +| +$/g, ''),
  '1.1': (value) => value.replace(/\r/g, ''),
  '1.2': (value) => value,
};

function frames(version: StompVersion): fc.Arbitrary<PlainFrame> {
  const value = text.map(writable[version]);
  const name = (version === '1.0' ? value.map((raw) => raw.replaceAll(':', '').trim()) : value).filter(
    (raw) => raw !== '' && raw !== 'content-length',
  );
  return fc.record({
    command: fc.constantFrom('SEND', 'MESSAGE', 'RECEIPT', 'ERROR', 'SUBSCRIBE'),
    headers: fc.uniqueArray(fc.tuple(name, value), { maxLength: 6, selector: ([key]) => key }),
    body: fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.constant(new Uint8Array(0))),
  });
}

const withLength = ({ command, headers, body }: PlainFrame): PlainFrame => ({
  command,
  headers: body.length === 0 ? headers : [...headers, ['content-length', String(body.length)]],
  body,
});

const cutsArbitrary = fc.array(fc.nat({ max: 2_000 }), { maxLength: 20 });

describe.each(VERSIONS)('STOMP %s', (version) => {
  it('parse(serialize(frames)) = frames, for any split of the bytes', () => {
    fc.assert(
      fc.property(fc.array(frames(version), { maxLength: 4 }), cutsArbitrary, (written, cuts) => {
        const bytes = Uint8Array.from(Buffer.concat(written.map((frame) => serializeFrame(frame, version))));
        expect(events(bytes, cuts, version)).toEqual(written.map(withLength));
      }),
      { numRuns: 1_000 },
    );
  });

  it('any bytes come out the same, error and all, however they are split', () => {
    const limits = { frameBytes: 120, headerBytes: 40, headers: 4 };
    const words = fc.constantFrom(
      ...['SEND', 'CONNECT', 'a:b', 'receipt:9', 'content-length:3', 'k:\\n', 'k:\\t', ': ', ':', ' ', 'abc', 'é'],
      ...['\n', '\n', '\n\n', '\r\n', '\r', '\0', '\0', 'x'.repeat(30), 'destination:/topic/messages'],
    );
    const bytes = fc.oneof(
      fc.array(words, { maxLength: 40 }).map((parts) => Uint8Array.from(Buffer.from(parts.join('')))),
      fc.uint8Array({ maxLength: 200 }),
    );
    fc.assert(
      fc.property(bytes, cutsArbitrary, (raw, cuts) => {
        const octetByOctet = Array.from(raw.keys());
        const whole = events(raw, [], version, limits);
        expect(events(raw, octetByOctet, version, limits)).toEqual(whole);
        expect(events(raw, cuts, version, limits)).toEqual(whole);
      }),
      { numRuns: 3_000 },
    );
  });

  it('rule 28: whatever a header holds, one frame with that many header lines goes out', () => {
    const any = fc.string({ unit: fc.constantFrom('a', ':', '\n', '\r', '\0', '\\', ' ', 'ü') });
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            any.map((name) => `x${name}`),
            any,
          ),
          { maxLength: 5 },
        ),
        (headers) => {
          const bytes = serializeFrame({ command: 'MESSAGE', headers }, version);
          const lines = Buffer.from(bytes).toString().split('\n');
          expect(lines).toHaveLength(headers.length + 3);
          const [frame, ...more] = events(bytes, [], version);
          expect(more).toEqual([]);
          expect(frame).toMatchObject({ command: 'MESSAGE' });
        },
      ),
      { numRuns: 500 },
    );
  });
});
