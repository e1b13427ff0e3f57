/** The head of a WebSocket frame, bit by bit (RFC 6455, section 5.2). */
import { readWebSocketHead, unmasked, WEB_SOCKET_OPCODES } from '@rtd/protocol';
import { CLOSE } from '../wire/web-socket-frame.ts';
import type { Field } from './step.ts';

/** What of a masked payload is shown as it is: enough to see that it looks like noise. */
const MASKED_SHOWN = 8;

/** Fields of a whole frame; those of the payload, unmasked, are what `payloadFields` makes of it. */
export function frameFields(bytes: Buffer, payloadFields: (payload: Buffer) => readonly Field[]): readonly Field[] {
  const head = readWebSocketHead(bytes);
  if (head === undefined) return [];
  const [first = 0, second = 0] = bytes;
  const { fin, rsv, opcode, maskingKey, lengthField, headLength: start } = head;
  const masked = maskingKey !== undefined;
  const lengthEnd = start - (masked ? 4 : 0);
  const extended = lengthEnd - 2;
  const payload = Buffer.from(unmasked(bytes.subarray(start), maskingKey));
  const fields: Field[] = [
    {
      bytes: bytes.subarray(0, 1),
      meaning: `${bits(first)}: FIN ${fin ? '1, the message ends with this frame' : '0, more frames follow'}; RSV ${rsv.toString(2).padStart(3, '0')}, ${rsv === 0 ? 'no extension' : 'of an extension'}; opcode ${opcode}, ${WEB_SOCKET_OPCODES[opcode] ?? 'unknown'}`,
      clause: 'RFC 6455, 5.2',
    },
    {
      bytes: bytes.subarray(1, lengthEnd),
      meaning: `${bits(second)}: MASK ${masked ? 1 : 0}; ${extended === 0 ? `${lengthField} bytes of payload` : `${lengthField} says that the next ${extended} bytes hold the length: ${payload.length}`}`,
    },
  ];
  if (masked) {
    fields.push({
      bytes: bytes.subarray(lengthEnd, start),
      meaning:
        'The mask, new for each frame: what a client sends can then not be chosen to look like HTTP to a proxy. Servers do not mask.',
      clause: 'RFC 6455, 5.3',
    });
    if (payload.length > 0) {
      const shown = bytes.subarray(start, start + MASKED_SHOWN);
      fields.push({
        bytes: shown,
        meaning: `${shown.length < payload.length ? `The first ${shown.length} of ${payload.length} bytes` : 'The payload'} as sent: each is the real one XOR a byte of the mask. Unmasked, the payload is:`,
      });
    }
  }
  return [...fields, ...payloadFields(payload).map((field) => ({ ...field, unmasked: masked }))];
}

/** The payload of a ping or pong. */
export function echoFields(payload: Buffer): readonly Field[] {
  return payload.length === 0
    ? []
    : [{ bytes: payload, meaning: 'Up to 125 bytes of anything: the pong has the same.', clause: 'RFC 6455, 5.5.3' }];
}

/** The payload of a close. */
export function closeFields(payload: Buffer): readonly Field[] {
  if (payload.length < 2) return [];
  const code = payload.readUInt16BE(0);
  const fields: Field[] = [
    {
      bytes: payload.subarray(0, 2),
      meaning: `${code}: ${CODES[code] ?? 'a code of the application'}`,
      clause: 'RFC 6455, 7.4',
    },
  ];
  if (payload.length > 2)
    fields.push({ bytes: payload.subarray(2), meaning: 'Why, in words.', clause: 'RFC 6455, 5.5.1' });
  return fields;
}

/** True for a frame that ends the connection. */
export function isClose(opcode: number): boolean {
  return opcode === CLOSE;
}

const CODES: Readonly<Record<number, string>> = {
  1000: 'all is done.',
  1001: 'one side goes away.',
  1002: 'a breach of the protocol.',
  1007: 'bytes that are not what they should be.',
  1008: 'something is not allowed.',
  1009: 'too big.',
  1011: 'the server failed.',
  1012: 'the server restarts: come back.',
  1013: 'try again later.',
};

function bits(byte: number): string {
  return byte
    .toString(2)
    .padStart(8, '0')
    .replace(/^(.)(...)(....)$/, '$1 $2 $3');
}
