/** Bodies from bytes to values that can be trusted: UTF-8, then JSON, then a schema. One way in for STOMP and HTTP. */
import type { z } from 'zod';
import { parseOrRefuse, RtdError } from './errors.ts';

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The value of a JSON body that fits `schema`; `what` names the body in messages.
 * @throws RtdError VALIDATION, and nothing else, for whatever the bytes are.
 */
export function parseJsonBody<Schema extends z.ZodType>(
  schema: Schema,
  body: Uint8Array | string,
  what = 'body',
): z.output<Schema> {
  return parseOrRefuse(schema, withoutNulls(parseJson(body, what)), what);
}

/** A field that is null says as much as one that is left out: the serializers of Java and .NET write it for every empty one. */
export function withoutNulls(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== null));
}

function parseJson(body: Uint8Array | string, what: string): unknown {
  const text = typeof body === 'string' ? body : decode(body, what);
  if (text.trim() === '') throw new RtdError('VALIDATION', `${what} is empty; send JSON.`);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new RtdError('VALIDATION', `${what} is not valid JSON, or was cut off.`, { cause });
  }
}

function decode(body: Uint8Array, what: string): string {
  try {
    return UTF8.decode(body);
  } catch (cause) {
    throw new RtdError('VALIDATION', `${what} is not valid UTF-8.`, { cause });
  }
}
