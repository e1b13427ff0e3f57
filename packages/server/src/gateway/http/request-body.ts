/**
 * Bodies of requests. JSON is what a body is, whatever its `Content-Type` says: `curl -d` calls everything a form, and
 * pages of other sites, for which that header would matter, are kept out by the Origin rule.
 */
import { parseOrRefuse, RtdError, withoutNulls } from '@rtd/protocol';
import type { z } from 'zod';

export interface BodyReader<Body> {
  /** What `/openapi.json` shows of it; undefined where there is no body. */
  readonly schema: z.ZodType | undefined;
  readonly mediaTypes: readonly string[];
  /** Undefined: the limit of the server. */
  readonly maxBytes: number | undefined;
  /** @throws RtdError VALIDATION that says where the body does not fit */
  read(bytes: Buffer | undefined): Body;
}

export const noBody: BodyReader<undefined> = {
  schema: undefined,
  mediaTypes: [],
  maxBytes: undefined,
  read: () => undefined,
};

export function jsonBody<Schema extends z.ZodType>(schema: Schema): BodyReader<z.output<Schema>> {
  return {
    schema,
    mediaTypes: ['application/json'],
    maxBytes: undefined,
    read: (bytes) => parseOrRefuse(schema, withoutNulls(parseJson(bodyText(bytes), 'The body')), 'body'),
  };
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

/** @throws RtdError VALIDATION for an empty body and for one that is not UTF-8 */
export function bodyText(bytes: Buffer | undefined): string {
  if (bytes === undefined || bytes.length === 0)
    throw new RtdError('VALIDATION', 'The body is empty; it must be JSON.');
  try {
    return strictUtf8.decode(bytes);
  } catch {
    throw new RtdError('VALIDATION', 'The body is not UTF-8.');
  }
}

/** `what` is named in the error: `The body`, `line 3`. @throws RtdError VALIDATION */
export function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const why = isCutOff(text) ? 'ends in the middle: it was cut off' : 'is no JSON';
    throw new RtdError('VALIDATION', `${what} ${why}. Nothing of it was taken.`);
  }
}

/** True where more text could still make it JSON: a string, an array or an object is open at the end. */
function isCutOff(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (inString) {
      if (character === '\\') at++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '[' || character === '{') depth++;
    else if (character === ']' || character === '}') depth--;
  }
  return inString || depth > 0;
}
