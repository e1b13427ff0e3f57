import { askHttp, headerIn } from '../../wire/http-ask.ts';
import { WireError } from '../../wire/wire-error.ts';
import { type Check, fail, pass, skip, warn } from '../check.ts';
import { streamPathOf } from '../stream-path.ts';
import { wireFailure } from './wire-failure.ts';

const NO_HEAD = 'The server does not answer HEAD there; sse-buffering looks at the stream itself.';

export const sse: Check = {
  id: 'sse',
  stretch: 'stream',
  title: 'the event stream',
  needs: ['http', 'token'],
  http: true,
  run: async (surroundings) => {
    const path = await streamPathOf(surroundings);
    if (path === undefined) return skip('Only RTD servers have /stream; for another, name it with --stream.');
    const { target, timeoutMillis, httpIdentity } = surroundings;
    // HEAD has an end, so this one comes through whatever buffers.
    const asked = `HEAD ${target.url}${path}, Accept: text/event-stream`;
    const fix = `curl -N ${target.url}${path}`;
    try {
      const answer = await askHttp(target, {
        method: 'HEAD',
        path,
        headers: { accept: 'text/event-stream', 'accept-encoding': 'gzip', ...httpIdentity },
        timeoutMillis,
      });
      const type = headerIn(answer, 'content-type') ?? 'no content-type';
      const coding = headerIn(answer, 'content-encoding');
      const evidence = { asked, answered: `${answer.statusText}, ${type}${coding === undefined ? '' : `, ${coding}`}` };
      if (answer.status === 405 || answer.status === 501) return skip(NO_HEAD);
      if (answer.status === 401) return fail(evidence, 'The stream wants a token.', 'export RTD_TOKEN=...');
      if (answer.status === 503)
        return fail(
          evidence,
          'The server has as many streams as it takes (RTD_LIMIT_SSE_TOTAL), or is going down.',
          `curl ${target.url}/readyz`,
        );
      if (answer.status !== 200) return fail(evidence, 'There is no event stream.', fix);
      if (!/^text\/event-stream\b/i.test(type))
        return fail(evidence, 'It is no text/event-stream: EventSource refuses it and does not try again.', fix);
      if (coding !== undefined && coding !== 'identity') {
        return warn(
          evidence,
          'Something compresses the stream: events wait until a block is full.',
          'gzip off;   # nginx, in the location of the stream',
        );
      }
      return pass(evidence, 'The stream is there, in the right type.');
    } catch (error) {
      // Nchan hangs up, and others take HEAD for a GET that never ends: it says nothing of the stream.
      if (error instanceof WireError && !(await surroundings.isOurs())) return skip(NO_HEAD);
      return wireFailure(error, asked, { silent: 'No answer in time.', otherwise: 'It could not be asked.', fix });
    }
  },
};
