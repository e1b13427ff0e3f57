/** The STOMP parser: frames or a StompError, the same for every split, and never more held than its limit. */
import { StompError, StompParser, type StompVersion, serializeFrame } from '../../src/stomp/index.ts';
import { Finding, type FuzzTarget, split } from './target.ts';

const LIMITS = { frameBytes: 2_048, headers: 12, headerBytes: 256 };

export const stompTarget: FuzzTarget = {
  name: 'STOMP parser',
  corpus: 'stomp',
  words: [
    ...([
      'SEND\n',
      'CONNECT\n',
      'MESSAGE\n',
      'destination:/app/chat\n',
      'receipt:1\n',
      'accept-version:1.2\n',
    ] as const),
    ...[
      'content-length:',
      'content-length:0\n',
      'content-length:5\n',
      'content-length:999999999999999\n',
      'a:b\n',
      'a:',
      ':',
    ],
    ...[
      '\n',
      '\n\n',
      '\r\n',
      '\r',
      '\0',
      '\0\0',
      '\n\n\0',
      '\\n',
      '\\c',
      '\\\\',
      '\\r',
      '\\t',
      '\\',
      ' ',
      'ä',
      '😀',
      '\uFEFF',
    ],
  ],
  check(bytes, random) {
    const version = random.pick<StompVersion>(['1.0', '1.1', '1.2']);
    const role = random.pick<'server' | 'client'>(['server', 'client']);
    const whole = parse([bytes], version, role);
    const pieces = parse(split(bytes, random), version, role);
    if (whole !== pieces) throw new Finding(`how the bytes are split changes the outcome:\n${whole}\n${pieces}`);
  },
};

/** What came out, as text; each frame must survive being written and read again. */
function parse(pieces: readonly Uint8Array[], version: StompVersion, role: 'server' | 'client'): string {
  const outcome: unknown[] = [];
  const parser = new StompParser({
    role,
    limits: LIMITS,
    onFrame: ({ command, headers, body }) => {
      outcome.push([command, [...headers], [...body]]);
      checkWritable(command, [...headers], body, version);
    },
    onHeartBeat: () => outcome.push('heart-beat'),
  });
  parser.version = version;
  try {
    for (const piece of pieces) {
      parser.push(piece);
      if (parser.bufferedBytes > LIMITS.frameBytes)
        throw new Finding(`the parser holds ${parser.bufferedBytes} octets`);
    }
  } catch (thrown) {
    if (!(thrown instanceof StompError)) throw thrown;
    outcome.push([thrown.code, thrown.receiptId]);
    if (parser.bufferedBytes > 0) throw new Finding('the parser holds octets after an error');
  }
  return JSON.stringify(outcome);
}

/** Serialized for any version, a frame is one frame: nothing in a header can start another (stomp-rules 28). */
function checkWritable(command: string, headers: [string, string][], body: Uint8Array, version: StompVersion): void {
  for (const reader of ['1.0', '1.1', '1.2'] as const) {
    const bytes = serializeFrame({ command: 'MESSAGE', headers, body }, reader);
    const read: { headers: string; body: string }[] = [];
    const parser = new StompParser({
      role: 'client',
      limits: { frameBytes: 1_000_000, headers: 1_000, headerBytes: 10_000 },
      onFrame: (frame) => read.push({ headers: sorted(frame.headers), body: frame.body.join() }),
    });
    parser.version = reader;
    try {
      parser.push(bytes);
    } catch (thrown) {
      throw new Finding(`a frame ${command} of ${version} cannot be read by ${reader}: ${String(thrown)}`);
    }
    if (read.length !== 1 || read[0]?.body !== body.join()) throw new Finding(`${reader} reads ${read.length} frames`);
    const lossless = reader === '1.2' && version !== '1.0';
    const expected = sorted(new Map(headers));
    if (lossless && read[0].headers !== expected) throw new Finding(`headers: ${read[0].headers} for ${expected}`);
  }
}

function sorted(headers: ReadonlyMap<string, string>): string {
  return JSON.stringify([...headers].filter(([name]) => name !== 'content-length'));
}
