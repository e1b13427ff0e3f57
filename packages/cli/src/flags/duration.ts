/** Times as people type them: `90`, `500ms`, `2s`, `5m`, `8h`, `7d`. */
import { custom } from '@oclif/core/flags';
import { UsageError } from '../failure.ts';

const MILLIS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const SHAPE = /^(\d{1,12}(?:\.\d{1,9})?)(ms|s|m|h|d)?$/;

/** In milliseconds; a number alone is seconds. Undefined for what is no time. */
export function millisIn(text: string): number | undefined {
  const [, count = '', unit = 's'] = SHAPE.exec(text.trim()) ?? [];
  const scale = Object.entries(MILLIS).find(([name]) => name === unit)?.[1];
  return count === '' || scale === undefined ? undefined : Number(count) * scale;
}

interface DurationOptions {
  readonly description: string;
  /** Milliseconds, inclusive. */
  readonly min: number;
  readonly max?: number;
}

/** A flag that takes a time, and gives milliseconds; call it with `{ default }` or nothing to get one. */
export function durationFlag({ description, min, max = 365 * MILLIS.d }: DurationOptions) {
  return custom<number>({
    description,
    helpValue: 'TIME',
    parse: (text, _context, flag) => {
      const millis = millisIn(text);
      if (millis !== undefined && millis >= min && millis <= max) return Promise.resolve(millis);
      return Promise.reject(
        new UsageError(
          `--${flag.name} takes a time, such as 30 (seconds), 500ms, 2s, 5m or 1h, not "${text.slice(0, 80)}".`,
        ),
      );
    },
  });
}
