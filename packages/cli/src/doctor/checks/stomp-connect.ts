import { type Check, pass, warn } from '../check.ts';
import { connectHeaders, connectStomp } from '../stomp-dialogue.ts';
import { wireFailure } from './wire-failure.ts';

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
      return wireFailure(error, asked, {
        silent:
          'Frames pass, and nobody answers CONNECT: what is behind the WebSocket does not speak STOMP, or its broker is away.',
        closed: 'The connection is cut at CONNECT.',
        otherwise: 'What came is no STOMP.',
        fix: 'rtd explain stomp   # shows every byte of it\nexport RTD_TOKEN=...   # or RTD_LOGIN and RTD_PASSCODE, where the server wants them; --vhost for brokers that have several',
      });
    }
  },
};
