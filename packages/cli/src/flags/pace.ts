/** How fast the past is played: the same flags for everything that has a pace of its own. */
import { custom } from '@oclif/core/flags';
import { UsageError } from '../failure.ts';
import { durationFlag } from './duration.ts';

export const paceFlags = {
  /** Infinity for `max`. */
  speed: custom<number>({
    description: 'so many times as fast as it was: 10x, 0.5x; max: without a wait',
    helpValue: '10x|max',
    default: 1,
    defaultHelp: async () => '1x',
    parse: (text) => Promise.resolve(speedIn(text)),
  })(),
  /** In milliseconds. */
  'max-gap': durationFlag({
    description: 'never wait longer than this, such as 5s, however long it was quiet',
    min: 0,
  })(),
};

function speedIn(text: string): number {
  if (text === 'max') return Number.POSITIVE_INFINITY;
  const [, number = ''] = /^(\d{1,9}(?:\.\d{1,9})?)x?$/.exec(text.trim()) ?? [];
  if (Number(number) > 0) return Number(number);
  throw new UsageError(
    `--speed takes how many times as fast, such as 10x or 0.5x, or max, not "${text.slice(0, 80)}".`,
  );
}
