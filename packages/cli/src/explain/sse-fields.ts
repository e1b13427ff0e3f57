/** The body of an event stream, line by line (HTML, "Server-sent events"), inside the chunks that it comes in (RFC 9112). */
import { linesOf } from './http-fields.ts';
import type { Field } from './step.ts';

const LINES: Readonly<Record<string, string>> = {
  retry: 'How many milliseconds to wait before connecting anew.',
  event: 'The type: the listener of that name is called. Without it, "message".',
  id: 'Where this is in the stream. It is sent back as Last-Event-ID after a break.',
  data: 'What the listener gets. More data lines are joined by LF.',
};

/** The fields of one chunk: its length, its lines, its end. `bytes` is all of it, from the length to the last CRLF. */
export function chunkFields(bytes: Buffer): readonly Field[] {
  const sizeEnd = bytes.indexOf('\r\n') + 2;
  const size = bytes.subarray(0, sizeEnd).toString('latin1').trim();
  return [
    {
      bytes: bytes.subarray(0, sizeEnd),
      meaning: `A chunk of ${Number.parseInt(size, 16)} bytes: the length is in hex.`,
      clause: 'RFC 9112, 7.1',
    },
    ...streamFields(bytes.subarray(sizeEnd, bytes.length - 2)),
    { bytes: bytes.subarray(bytes.length - 2), meaning: 'The chunk ends. EventSource never sees chunks.' },
  ];
}

/** The fields of a piece of the stream. */
export function streamFields(bytes: Buffer): readonly Field[] {
  return linesOf(bytes).map((line): Field => {
    const text = line.toString('utf8').trimEnd();
    if (text === '')
      return {
        bytes: line,
        meaning: 'A blank line: the event ends. With data in it, it is handed over.',
        clause: 'HTML, 9.2.6',
      };
    if (text.startsWith(':'))
      return {
        bytes: line,
        text,
        meaning: 'A comment: nobody is told of it. It keeps the connection alive.',
        clause: 'HTML, 9.2.5',
      };
    return {
      bytes: line,
      text: text.slice(0, 300),
      meaning: LINES[text.split(':')[0] ?? ''] ?? 'A field that EventSource does not know, and ignores.',
    };
  });
}

/** The first whole chunk in `bytes`; undefined when it is not all there. */
export function takeChunk(bytes: Buffer): Buffer | undefined {
  const sizeEnd = bytes.indexOf('\r\n');
  if (sizeEnd === -1) return undefined;
  const size = Number.parseInt(bytes.subarray(0, sizeEnd).toString('latin1'), 16);
  if (!Number.isSafeInteger(size)) return undefined;
  const end = sizeEnd + 2 + size + 2;
  return bytes.length < end ? undefined : bytes.subarray(0, end);
}
