import { askHttp, headerIn } from '../../wire/http-ask.ts';
import { type Check, fail, pass } from '../check.ts';
import { wireFailure } from './wire-failure.ts';

const GATEWAY_TROUBLE: ReadonlySet<number> = new Set([502, 503, 504]);

export const http: Check = {
  id: 'http',
  stretch: 'network',
  title: 'an answer over HTTP',
  needs: ['tcp', 'tls'],
  http: true,
  run: async (surroundings) => {
    const { target, timeoutMillis } = surroundings;
    const asked = `GET ${target.url}/healthz`;
    try {
      const answer = await askHttp(target, { path: '/healthz', timeoutMillis });
      const server = headerIn(answer, 'server');
      const via = headerIn(answer, 'via');
      const by = [server === undefined ? '' : `Server: ${server}`, via === undefined ? '' : `Via: ${via}`].filter(
        (part) => part !== '',
      );
      const evidence = { asked, answered: [answer.statusText, ...by].join(', ') };
      const location = headerIn(answer, 'location');
      if (answer.status >= 300 && answer.status < 400 && location !== undefined) {
        const to = URL.parse(location, target.url);
        return fail(
          { ...evidence, answered: `${evidence.answered}, to ${location}` },
          'The server wants to be asked elsewhere, and no WebSocket client follows a redirect.',
          `rtd doctor --url ${to === null ? location : to.origin}`,
        );
      }
      if (GATEWAY_TROUBLE.has(answer.status)) {
        return fail(
          evidence,
          'A proxy answers, and has no server behind it that does.',
          'rtd doctor   # on the machine of the server, without the proxy',
        );
      }
      const ours = await surroundings.isOurs();
      return pass(
        evidence,
        ours ? 'It is an RTD server.' : 'It speaks HTTP and is no RTD server: what only those have is skipped.',
      );
    } catch (error) {
      return wireFailure(error, asked, {
        silent:
          'It takes connections and says nothing: a black hole. The process hangs, or what listens there expects another protocol.',
        closed: 'The connection is cut before an answer: is this https, or no HTTP at all?',
        otherwise: 'What answers is no HTTP.',
        fix: `curl -v ${target.url}/healthz`,
      });
    }
  },
};
