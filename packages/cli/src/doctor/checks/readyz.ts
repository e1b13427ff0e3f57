import { askHttp } from '../../wire/http-ask.ts';
import { type Check, fail, pass, skip, warn } from '../check.ts';
import { wireFailure } from './wire-failure.ts';

export const readyz: Check = {
  id: 'readyz',
  stretch: 'network',
  title: 'what the server needs',
  needs: ['http'],
  http: true,
  run: async (surroundings) => {
    if (!(await surroundings.isOurs())) return skip('Only RTD servers have it.');
    const { target, timeoutMillis } = surroundings;
    const asked = `GET ${target.url}/readyz`;
    try {
      const { status, statusText, body } = await askHttp(target, { path: '/readyz', timeoutMillis });
      const lines = body.trim().split('\n').slice(0, 20);
      const unwell = lines.filter((line) => !line.endsWith(': ok'));
      const evidence = { asked, answered: `${statusText}: ${lines.join('; ')}` };
      const fix = 'rtd status\nrtd doctor --only mysql,redis,kafka   # where the server runs, with its RTD_ variables';
      if (status !== 200) return fail(evidence, `The server wants no clients: ${unwell.join('; ')}`, fix);
      if (unwell.length > 0) return warn(evidence, `The server works, and lacks something: ${unwell.join('; ')}`, fix);
      return pass({ asked, answered: lines.join(', ') }, 'Everything that it needs is there.');
    } catch (error) {
      return wireFailure(error, asked, {
        silent: 'The server is alive and does not say whether it is ready.',
        otherwise: 'It could not be asked.',
        fix: `curl ${target.url}/readyz`,
      });
    }
  },
};
