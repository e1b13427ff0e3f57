import { negotiateHeartBeat, parseHeartBeat } from '@rtd/protocol';
import { type Check, type Finding, fail, pass, warn } from '../check.ts';
import { connectStomp } from '../stomp-dialogue.ts';
import { wireFailure } from './wire-failure.ts';

/** As often as any server may be asked; it answers with what it can do. */
const WANTED = { outgoing: 10_000, incoming: 1_000 };
/** Late by this much is still in time: timers, and the way. */
const GRACE_MILLIS = 2_000;
/** An agreed interval that nobody wants to wait for. */
const LONGEST_MILLIS = 45_000;

export const heartBeat: Check = {
  id: 'heart-beat',
  stretch: 'stomp',
  title: 'a heart-beat of the server',
  needs: ['stomp-connect'],
  slow: true,
  run: async (surroundings) => {
    const header = `${WANTED.outgoing},${WANTED.incoming}`;
    let asked = `CONNECT with heart-beat:${header}, then silence`;
    try {
      using dialogue = await connectStomp(surroundings, header);
      const { wire, connected } = dialogue;
      const offered = connected.headers.get('heart-beat');
      const { expectEvery, sendEvery } = negotiateHeartBeat(WANTED, parseHeartBeat(offered));
      if (expectEvery === 0) {
        return warn(
          { asked, answered: `the server offers ${offered ?? 'none'}: it sends none` },
          'A dead connection is noticed only when somebody writes to it (a broken pipe), and proxies cut idle ones after a minute.',
          'RabbitMQ, ActiveMQ, Spring: switch heart-beats on, 10000,10000',
        );
      }
      const agreed = `the server offers ${offered}: one every ${expectEvery / 1_000} s`;
      asked = `${asked}; ${agreed}`;
      if (expectEvery > LONGEST_MILLIS)
        return warn(
          { asked, answered: agreed },
          'That is longer than most proxies leave an idle connection alone: 60 s.',
          undefined,
        );
      const ticker = sendEvery === 0 ? undefined : setInterval(() => wire.sendHeartBeat(), sendEvery / 2);
      try {
        const begun = performance.now();
        // Clients give up after twice the interval, so that is how long it is worth to wait; ours are in time.
        const longest = ((await surroundings.isOurs()) ? 1 : 2) * expectEvery + GRACE_MILLIS;
        const came = await wire.nextHeartBeat(wire.heartBeats, longest);
        return beatFinding(asked, expectEvery, { came, millis: performance.now() - begun });
      } finally {
        clearInterval(ticker);
      }
    } catch (error) {
      return wireFailure(error, asked, {
        silent: 'No answer in time.',
        closed:
          'An idle connection is cut before its first heart-beat: something in between has a short limit for idle connections. This is what logs call a broken pipe.',
        otherwise: 'The connection broke.',
        fix: 'proxy_read_timeout 3600s; proxy_send_timeout 3600s;   # nginx',
      });
    }
  },
};

/** What it says that the first heart-beat came, or did not, after `millis` of silence, where one was due every `expectEvery`. */
export function beatFinding(
  asked: string,
  expectEvery: number,
  { came, millis }: { readonly came: boolean; readonly millis: number },
): Finding {
  const seconds = (millis / 1_000).toFixed(1);
  if (!came) {
    return fail(
      { asked, answered: `none in ${seconds} s` },
      'Heart-beats were agreed on and do not come: something in between swallows or holds back small frames. Clients take the connection for dead and connect anew, again and again.',
      'proxy_buffering off; proxy_read_timeout 3600s;   # nginx',
    );
  }
  const evidence = { asked, answered: `a heart-beat after ${seconds} s` };
  if (millis > expectEvery + GRACE_MILLIS) {
    return warn(
      evidence,
      "It comes, and later than agreed on: Spring's simple broker looks only once an interval whether one is due. Clients that do not wait for twice the interval take the connection for dead.",
      'client.heartbeatToleranceMultiplier = 2   // @stomp/stompjs, where that is the default',
    );
  }
  return pass(evidence, 'A connection on which nothing happens stays alive, and a dead one is noticed.');
}
