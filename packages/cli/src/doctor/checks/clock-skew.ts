import { askHttp, headerIn } from '../../wire/http-ask.ts';
import { type Check, fail, pass, skip, warn } from '../check.ts';
import { wireFailure } from './wire-failure.ts';

/** Date has whole seconds; the server lets tokens be 30 s off. */
const NOTICEABLE = 5;
const LEEWAY = 30;

export const clockSkew: Check = {
  id: 'clock-skew',
  stretch: 'network',
  title: "the server's clock against this one",
  needs: ['http'],
  http: true,
  run: async ({ target, timeoutMillis, now }) => {
    const asked = `Date of ${target.url}/healthz`;
    try {
      const begun = now();
      const answer = await askHttp(target, { path: '/healthz', timeoutMillis });
      const middle = (begun + now()) / 2;
      const date = headerIn(answer, 'date');
      const there = Date.parse(date ?? '');
      if (date === undefined || Number.isNaN(there)) return skip('The server does not say what time it is.');
      // Somewhere within the second that Date names.
      const seconds = Math.round((there + 500 - middle) / 1_000);
      const evidence = {
        asked,
        answered: `${date}: ${Math.abs(seconds)} s ${seconds < 0 ? 'behind' : 'ahead of'} this machine`,
      };
      const fix = 'sudo timedatectl set-ntp true   # here and there';
      if (Math.abs(seconds) > LEEWAY) {
        return fail(
          evidence,
          `Tokens are ${LEEWAY} s tolerant: a fresh one is refused as not yet valid, or a good one as expired.`,
          fix,
        );
      }
      if (Math.abs(seconds) > NOTICEABLE) return warn(evidence, 'Times of messages look wrong by that much.', fix);
      return pass({ ...evidence, answered: `${date}: the same time` }, 'The clocks agree.');
    } catch (error) {
      return wireFailure(error, asked, {
        silent: 'No answer in time.',
        otherwise: 'It could not be asked.',
        fix: 'date -u',
      });
    }
  },
};
