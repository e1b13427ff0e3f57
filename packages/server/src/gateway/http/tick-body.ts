/**
 * The body of `POST /api/market/ticks`: a JSON array, or NDJSON (a tick a line). Which of the two is told by its first
 * character. All or nothing: the first tick that does not fit refuses the whole, by the place where it stands.
 */
import { RtdError, TickInput } from '@rtd/protocol';
import { z } from 'zod';
import { type BodyReader, bodyText, parseJson } from './request-body.ts';

/** About 80,000 ticks. */
export const MAX_TICK_BODY_BYTES = 8 * 1_024 * 1_024;

const Ticks = z.array(TickInput);

export const tickBody: BodyReader<readonly TickInput[]> = {
  schema: Ticks,
  mediaTypes: ['application/json', 'application/x-ndjson'],
  maxBytes: MAX_TICK_BODY_BYTES,
  read: (bytes) => {
    const text = bodyText(bytes);
    return text.trimStart().startsWith('[') ? ticksOfArray(text) : ticksOfLines(text);
  },
};

function ticksOfArray(text: string): readonly TickInput[] {
  const parsed = z.array(z.unknown()).parse(parseJson(text, 'The array of ticks'));
  return parsed.map((value, index) => tickAt(`tick ${index + 1} of ${parsed.length} (index ${index})`, value));
}

function ticksOfLines(text: string): readonly TickInput[] {
  const ticks: TickInput[] = [];
  let number = 0;
  for (const line of text.split('\n')) {
    number++;
    if (line.trim() !== '') ticks.push(tickAt(`line ${number}`, parseJson(line, `line ${number}`)));
  }
  if (ticks.length === 0) throw new RtdError('VALIDATION', 'The body has no ticks; it takes a JSON array or NDJSON.');
  return ticks;
}

function tickAt(place: string, value: unknown): TickInput {
  const result = TickInput.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = issue?.path.map(String).join('.') ?? '';
  const problem = field === '' ? issue?.message : `${field}: ${issue?.message}`;
  throw new RtdError('VALIDATION', `${place}: ${problem ?? 'is no tick'}. Nothing was taken.`);
}
