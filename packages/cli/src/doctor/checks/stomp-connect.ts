import { type Check, fail, pass, warn } from '../check.ts';
import { connectHeaders, connectStomp, StompRefusal } from '../stomp-dialogue.ts';
import { explainStomp, wireFailure } from './wire-failure.ts';

export const stompConnect: Check = {
  id: 'stomp-connect',
  stretch: 'stomp',
  title: 'STOMP CONNECT',
  needs: ['ws-frames', 'token'],
  run: async (surroundings) => {
    const names = (await connectHeaders(surroundings, '0,0')).map(([name, value]) =>
      ['accept-version', 'host', 'login'].includes(name) ? `${name}:${value}` : name,
    );
    const asked = `CONNECT with ${names.join(' ')}`;
    try {
      using dialogue = await connectStomp(surroundings);
      const { headers } = dialogue.connected;
      const version = headers.get('version') ?? '1.0';
      const shown = ['server', 'user-name'].flatMap((name) =>
        headers.has(name) ? [`${name} ${headers.get(name)}`] : [],
      );
      const evidence = { asked, answered: [`CONNECTED, version ${version}`, ...shown].join(', ') };
      if (version === '1.0')
        return warn(evidence, 'STOMP 1.0 has no heart-beats: a dead connection is noticed late.', undefined);
      return pass(evidence, 'The server knows who this is, and lets it in.');
    } catch (error) {
      const { target, virtualHost } = surroundings;
      if (error instanceof StompRefusal && virtualHost === undefined && /virtual.?host|vhost/i.test(error.message)) {
        return fail(
          { asked, answered: error.message },
          'The broker takes the header host for the name of one of its virtual hosts, and has none of that name. The one that RabbitMQ begins with is called /.',
          `rtd doctor --url ${target.given} --vhost /`,
        );
      }
      return wireFailure(error, asked, {
        silent: target.bareTcp
          ? 'Nobody answers CONNECT: what listens there does not speak STOMP.'
          : 'Frames pass, and nobody answers CONNECT: what is behind the WebSocket does not speak STOMP, or its broker is away.',
        closed: 'The connection is cut at CONNECT.',
        otherwise: 'What came is no STOMP.',
        fix: `${explainStomp(target)}export RTD_TOKEN=...   # or RTD_LOGIN and RTD_PASSCODE, where the server wants them; --vhost for brokers that have several`,
      });
    }
  },
};
