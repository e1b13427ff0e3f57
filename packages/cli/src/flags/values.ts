/** Flags whose text becomes a value; what does not fit is refused with a line that names the flag and what it takes. */
import { custom } from '@oclif/core/flags';
import { UsageError } from '../failure.ts';

interface NumberOptions {
  readonly description: string;
  /** As an error says it: `a number of seconds, such as 30`. */
  readonly takes: string;
  /** Inclusive. */
  readonly min: number;
  readonly max?: number;
  /** Takes fractions, too. */
  readonly fractions?: boolean;
}

/** A flag that takes a number; call it with `{ default }` or nothing to get one. */
export function numberFlag({ description, takes, min, max = Number.MAX_SAFE_INTEGER, fractions }: NumberOptions) {
  const shape = fractions === true ? /^\d{1,15}(\.\d{1,9})?$/ : /^\d{1,15}$/;
  return custom<number>({
    description,
    helpValue: 'NUMBER',
    parse: (text, _context, flag) => {
      const value = Number(text);
      if (shape.test(text.trim()) && value >= min && value <= max) return Promise.resolve(value);
      return Promise.reject(new UsageError(`--${flag.name} takes ${takes}, not "${text.slice(0, 80)}".`));
    },
  });
}
