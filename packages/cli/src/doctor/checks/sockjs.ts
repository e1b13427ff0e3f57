/** SockJS over plain requests: what a browser falls back to where no WebSocket passes. */
import { STOMP_VERSIONS, serializeFrame } from '@rtd/protocol';
import { z } from 'zod';
import { askHttp } from '../../wire/http-ask.ts';
import type { Target } from '../../wire/target.ts';
import { type Check, fail, pass, skip, warn } from '../check.ts';
import { connectHeaders } from '../stomp-dialogue.ts';
import { wireFailure } from './wire-failure.ts';

const Info = z.object({ websocket: z.boolean(), entropy: z.number() });
const Frames = z.array(z.string());

export const sockjs: Check = {
  id: 'sockjs',
  stretch: 'fallbacks',
  title: 'SockJS',
  needs: ['http', 'token'],
  http: true,
  run: async (surroundings) => {
    const { timeoutMillis, newName, handshake, httpHeaders } = surroundings;
    const base = surroundings.target.webSocketPath.replace(/[?].*$/, '').replace(/\/websocket$/, '');
    // The path holds the prefix already.
    const target: Target = { ...surroundings.target, prefix: '' };
    const asked = `GET ${base}/info, then a session over xhr: open, CONNECT, CONNECTED`;
    const fix = `curl -i ${surroundings.target.url.replace(surroundings.target.prefix, '')}${base}/info`;
    const session = `${base}/000/${newName()}`;
    const authorization = {
      ...(handshake.authorization === undefined ? {} : { authorization: handshake.authorization }),
      ...Object.fromEntries(httpHeaders),
    };
    const post = async (path: string, body: string): Promise<{ status: number; statusText: string; body: string }> =>
      await askHttp(target, {
        method: 'POST',
        path: `${session}/${path}`,
        body,
        headers: { 'content-type': 'text/plain', ...authorization },
        timeoutMillis,
      });
    try {
      const info = await askHttp(target, { path: `${base}/info`, headers: authorization, timeoutMillis });
      const said = info.status === 200 ? Info.safeParse(parseJson(info.body)) : undefined;
      if (said?.success !== true) {
        if (!(await surroundings.isOurs())) return skip('The server has no SockJS there.');
        return fail(
          { asked, answered: info.statusText },
          'Its first question is not answered: something in between lets only some paths through.',
          fix,
        );
      }
      const opened = await post('xhr', '');
      if (opened.body !== 'o\n')
        return fail(
          { asked, answered: `xhr: ${opened.statusText} ${JSON.stringify(opened.body.slice(0, 60))}` },
          'A session does not open.',
          fix,
        );
      const connect = serializeFrame(
        { command: 'CONNECT', headers: await connectHeaders(surroundings, '0,0') },
        STOMP_VERSIONS[0] ?? '1.2',
      );
      const sent = await post('xhr_send', JSON.stringify([Buffer.from(connect).toString('utf8')]));
      if (sent.status !== 204)
        return fail(
          { asked, answered: `xhr_send: ${sent.statusText}` },
          'What is sent is not taken. With several servers behind one address, all requests of a session must go to the same one.',
          'ip_hash;   # nginx, in the upstream: a session stays at its server',
        );
      const answered = await post('xhr', '');
      const [first = ''] = Frames.safeParse(parseJson(answered.body.slice(1))).data ?? [];
      if (!first.startsWith('CONNECTED'))
        return fail(
          { asked, answered: `xhr: ${answered.statusText} ${JSON.stringify(answered.body.slice(0, 120))}` },
          'CONNECT is not answered over SockJS.',
          fix,
        );
      const evidence = { asked, answered: 'open, CONNECTED over xhr polling' };
      return said.data.websocket
        ? pass(evidence, 'Browsers that get no WebSocket get this.')
        : warn(evidence, 'It works, and tells browsers not to try a WebSocket.', undefined);
    } catch (error) {
      return wireFailure(error, asked, { silent: 'No answer in time.', otherwise: 'It could not be asked.', fix });
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
