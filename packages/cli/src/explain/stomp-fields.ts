/** The lines of a STOMP frame, each with what it means (STOMP 1.2). */
import { linesOf } from './http-fields.ts';
import type { Field } from './step.ts';

const COMMANDS: Readonly<Record<string, string>> = {
  CONNECT: 'The first frame: who is there, and what can it do?',
  CONNECTED: 'The answer: come in.',
  SUBSCRIBE: 'From now on, send me what comes to this destination.',
  SEND: 'A message for a destination.',
  MESSAGE: 'A message, for one subscription.',
  RECEIPT: 'The frame that asked for it has been processed.',
  DISCONNECT: 'I am about to leave.',
  ERROR: 'Something is wrong; the connection closes after it.',
  UNSUBSCRIBE: 'No more of it.',
};

const HEADERS: Readonly<Record<string, string>> = {
  'accept-version': 'The versions that the client speaks. The server takes the highest that both do.',
  host: 'The virtual host; brokers that have only one do not care.',
  'heart-beat':
    'What I can send, and what I want to get, in milliseconds. Of both sides the slower one counts, and 0 is never.',
  login: 'Who this is.',
  passcode: 'Hidden here.',
  Authorization: 'A token. Hidden here.',
  device: "Of RTD: which of one user's devices this is. What each has got is remembered apart.",
  version: 'What both speak from here on. CONNECT and CONNECTED themselves have no escapes.',
  session: 'A name for this connection, for logs.',
  server: 'What answers.',
  'user-name': 'Who the server takes this for.',
  id: 'A name for the subscription, chosen by the client: UNSUBSCRIBE and MESSAGE use it.',
  destination: "Where to. What it means is the server's own matter.",
  receipt: 'Answer with RECEIPT once this is processed. Of RTD: once it is committed to the database.',
  'receipt-id': 'Which one is meant.',
  'content-type': 'What the body is.',
  'content-length': 'Octets of the body, so that it may hold NULs.',
  'message-id': 'A name for this message, for ACK.',
  subscription: 'The id that was given at SUBSCRIBE.',
  ack: 'What ACK has to name.',
  message: 'What is wrong, in short.',
};

/** `bytes` are one frame, its NUL included, or only EOLs. */
export function stompFields(bytes: Buffer): readonly Field[] {
  if (bytes.every((byte) => byte === 0x0a || byte === 0x0d)) {
    return [
      {
        bytes,
        meaning: 'An EOL between frames: a heart-beat. It says "I am here" and nothing else.',
        clause: 'STOMP 1.2, Heart-beating',
      },
    ];
  }
  const end = endOfHead(bytes);
  const fields = linesOf(bytes.subarray(0, end)).map((line, index): Field => {
    const text = line.toString('utf8').replace(/\r?\n$/, '');
    if (index === 0)
      return { bytes: line, text, meaning: COMMANDS[text] ?? 'The command.', clause: 'STOMP 1.2, STOMP Frames' };
    if (text === '') return { bytes: line, meaning: 'A blank line: the head ends.' };
    const name = text.slice(0, text.indexOf(':'));
    return { bytes: line, text, meaning: HEADERS[name] ?? 'A header of the application.' };
  });
  const nul = bytes.lastIndexOf(0);
  const body = bytes.subarray(end, nul === -1 ? bytes.length : nul);
  if (body.length > 0)
    fields.push({
      bytes: body,
      text: body.toString('utf8').slice(0, 400),
      meaning: `The body, ${body.length} octets.`,
    });
  if (nul !== -1) fields.push({ bytes: bytes.subarray(nul), meaning: 'NUL: the frame ends.' });
  return fields;
}

function endOfHead(bytes: Buffer): number {
  for (const blank of ['\n\n', '\n\r\n']) {
    const at = bytes.indexOf(blank);
    if (at !== -1) return at + blank.length;
  }
  return bytes.length;
}
