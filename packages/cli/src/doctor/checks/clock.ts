import { type Check, fail, pass } from '../check.ts';

/** Nothing here is older than this program. */
const EARLIEST = Date.UTC(2025, 0, 1);
const LATEST = Date.UTC(2100, 0, 1);

export const clock: Check = {
  id: 'clock',
  stretch: 'machine',
  title: "this machine's clock",
  run: async ({ now }) => {
    const time = now();
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const evidence = { asked: 'the time', answered: `${new Date(time).toISOString()}, zone ${zone}` };
    if (time < EARLIEST || time > LATEST) {
      return fail(
        evidence,
        'It is not that day: tokens and certificates are refused, and messages get wrong times.',
        'sudo timedatectl set-ntp true',
      );
    }
    return pass(evidence, 'It is plausible; clock-skew compares it with the server.');
  },
};
