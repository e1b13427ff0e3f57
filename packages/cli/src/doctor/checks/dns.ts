import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { type Check, fail, pass, skip } from '../check.ts';

export const dns: Check = {
  id: 'dns',
  stretch: 'network',
  title: "the server's name",
  run: async ({ target: { host } }) => {
    if (isIP(host) !== 0) return skip(`${host} is an address: nothing is to be looked up.`);
    const asked = `addresses of ${host}`;
    try {
      const found = await lookup(host, { all: true });
      return pass({ asked, answered: found.map(({ address }) => address).join(', ') }, 'The name is known.');
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      const meaning =
        code === 'EAI_AGAIN'
          ? 'No name server answers: this machine is offline, or its DNS is broken.'
          : 'Nobody knows that name: is it spelled rightly, and inside the same network?';
      return fail({ asked, answered: code }, meaning, `getent hosts ${host}\ncat /etc/resolv.conf`);
    }
  },
};
