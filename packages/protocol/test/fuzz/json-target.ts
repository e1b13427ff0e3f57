/** JSON bodies through every schema that a peer can reach: a value that fits, or VALIDATION; and what fits, fits again. */
import { z } from 'zod';
import {
  ConversationSend,
  GlobalSend,
  GuestGlobalSend,
  NewConversation,
  PresenceSend,
  parseJsonBody,
  parseLogPosition,
  parseSendDestination,
  parseSubscribeDestination,
  ReadSend,
  ResourceSend,
  RtdError,
  Tick,
  TickInput,
  TypingSend,
  UserConnectSend,
} from '../../src/index.ts';
import { Finding, type FuzzTarget } from './target.ts';

const SCHEMAS = {
  GlobalSend,
  GuestGlobalSend,
  ConversationSend,
  TypingSend,
  ReadSend,
  UserConnectSend,
  PresenceSend,
  ResourceSend,
  NewConversation,
  Tick,
  TickInput,
  Ticks: z.array(TickInput),
} as const;

export const jsonTarget: FuzzTarget = {
  name: 'JSON bodies',
  corpus: 'json',
  words: [
    ...([
      '"content":',
      '"conversationId":',
      '"recipientId":',
      '"clientMessageId":',
      '"isTyping":true',
      '"seq":1',
    ] as const),
    ...[
      '"price":',
      '"symbol":"BTC"',
      '"timestamp":"2026-01-31T09:00:00.000Z"',
      '"status":"AWAY"',
      '"type":"TEXT"',
      '"kind":"group"',
    ],
    ...[
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      'null',
      'true',
      '1',
      '-1',
      '1e999',
      '1.5',
      '0',
      '""',
      ' ',
      '\n',
      '\\ud800',
      '\\u0000',
    ],
    ...[
      '"__proto__":{"x":1}',
      '"constructor":1',
      '[[[[[[[[',
      'ä',
      '😀',
      '\uFEFF',
      'x'.repeat(500),
      '"members":["a","b"]',
      '"id":"x"',
    ],
  ],
  check(bytes) {
    for (const [name, schema] of Object.entries(SCHEMAS)) checkSchema(name, schema, bytes);
    const text = new TextDecoder().decode(bytes);
    parseSendDestination(text);
    parseSubscribeDestination(text);
    parseLogPosition(text);
  },
};

function checkSchema(name: string, schema: z.ZodType, bytes: Uint8Array): void {
  let value: unknown;
  try {
    value = parseJsonBody(schema, bytes);
  } catch (thrown) {
    if (!(thrown instanceof RtdError) || thrown.code !== 'VALIDATION') throw thrown;
    if (thrown.message.length > 1_000)
      throw new Finding(`the refusal of ${name} is ${thrown.message.length} characters`);
    return;
  }
  const text = JSON.stringify(value);
  if (!stringsIn(value).every((each) => each.isWellFormed()))
    throw new Finding(`${name} lets half a character through: ${text}`);
  if (Object.hasOwn(Object.prototype, 'x')) throw new Finding(`${name} reaches the prototype of all objects`);
  const again = JSON.stringify(parseJsonBody(schema, text));
  if (again !== text) throw new Finding(`${name} parsed twice differs:\n${text}\n${again}`);
}

/** Every string of a value, names of fields too. JSON shows half a character as an escape, but so does who writes of one. */
function stringsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, field]) => [name, ...stringsIn(field)]);
}
