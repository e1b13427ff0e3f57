/** Anybody may publish on a channel: what is not ours to read is left out. */
import type { z } from 'zod';
import type { Log } from '../../telemetry/log.ts';

/** The value that `text` is the JSON of; undefined, and a line in the log, where it does not fit. */
export function parseWith<Schema extends z.ZodType>(
  schema: Schema,
  log: Log,
): (text: string) => z.output<Schema> | undefined {
  return (text) => {
    const result = schema.safeParse(parseJson(text));
    if (result.success) return result.data;
    log.debug({ issue: result.error.issues[0]?.message }, 'something else than ours came over Redis: left out');
    return undefined;
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
