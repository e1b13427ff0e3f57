import { RtdError } from '@rtd/protocol';
import { expect, test } from 'vitest';
import { Failure, UsageError, verdictOn } from './failure.ts';

test.each<[unknown, number]>([
  [new UsageError('no'), 2],
  [new Failure('no'), 1],
  [new RtdError('VALIDATION', 'no'), 2],
  [new RtdError('TOO_LARGE', 'no'), 2],
  [new RtdError('STORE_UNAVAILABLE', 'no'), 1],
  [new RtdError('FORBIDDEN', 'no'), 1],
])('%s is told as it is, with exit code %d', (thrown, exitCode) => {
  expect(verdictOn(thrown, 'send')).toMatchObject({ text: 'no', exitCode });
});

test.each<[unknown]>([[new TypeError('x is not a function')], ['a string'], [undefined]])(
  'what nobody expected (%s) is owned up to, and its trace is kept for who asks',
  (thrown) => {
    const { text, exitCode, stack } = verdictOn(thrown, 'send');
    expect(text).toMatch(/^This should not have happened: .*DEBUG=rtd/);
    expect(exitCode).toBe(1);
    expect(stack).toContain('Error');
  },
);
