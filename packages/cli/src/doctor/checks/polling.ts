import { HistoryPage } from '@rtd/protocol';
import { askHttp } from '../../wire/http-ask.ts';
import { type Check, fail, pass, skip, warn } from '../check.ts';
import { wireFailure } from './wire-failure.ts';

const WAIT_SECONDS = 2;

export const polling: Check = {
  id: 'polling',
  stretch: 'fallbacks',
  title: 'long polling',
  needs: ['http', 'token'],
  http: true,
  run: async (surroundings) => {
    if (!(await surroundings.isOurs())) return skip('Only RTD servers have it.');
    const { target, timeoutMillis, httpIdentity } = surroundings;
    let path = '/api/chat/history?limit=1';
    const asked = `GET ${target.url}/api/chat/poll, for ${WAIT_SECONDS} s`;
    const fix = `curl -i "${target.url}/api/chat/poll?wait=${WAIT_SECONDS}"`;
    try {
      // Behind the last message nothing comes at once, so that the server has to wait.
      const history = await askHttp(target, { path, headers: httpIdentity, timeoutMillis });
      const last = HistoryPage.safeParse(parseJson(history.body)).data?.messages.at(-1)?.seq ?? 0;
      path = `/api/chat/poll?conversationId=global&after=${last}&wait=${WAIT_SECONDS}`;
      const { status, statusText, body, millis } = await askHttp(target, {
        path,
        headers: httpIdentity,
        timeoutMillis: timeoutMillis + WAIT_SECONDS * 1_000,
      });
      const evidence = { asked, answered: `${statusText} after ${(millis / 1_000).toFixed(1)} s` };
      if (status !== 200) return fail(evidence, 'The poll is refused, or cut by something in between.', fix);
      if (!HistoryPage.safeParse(parseJson(body)).success)
        return fail(evidence, 'What came is no answer of the server: something in between makes its own.', fix);
      if (millis < WAIT_SECONDS * 900)
        return warn(
          evidence,
          'It came at once where it should have waited: a cache answers.',
          'proxy_cache off;   # nginx',
        );
      return pass(evidence, 'The way for clients without WebSocket works: rtd chat --transport poll.');
    } catch (error) {
      return wireFailure(error, asked, {
        silent: 'The server is asked and the answer never comes.',
        closed: 'A request that waits is cut: something in between has a short limit.',
        otherwise: 'It could not be asked.',
        fix,
      });
    }
  },
};

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
