import { RawSocket } from '../../wire/raw-socket.ts';
import { askForUpgrade, RawWebSocket, upgradeRequest } from '../../wire/raw-web-socket.ts';
import { PONG } from '../../wire/web-socket-frame.ts';
import { WireError } from '../../wire/wire-error.ts';
import { type Check, fail, pass } from '../check.ts';
import { wireFailure } from './wire-failure.ts';

const TUNNEL =
  'proxy_http_version 1.1; proxy_buffering off; proxy_read_timeout 3600s;   # nginx: pass bytes on after the 101';

export const wsFrames: Check = {
  id: 'ws-frames',
  stretch: 'websocket',
  title: 'frames, both ways',
  needs: ['ws-upgrade'],
  http: true,
  run: async ({ target, timeoutMillis, newName, handshake }) => {
    const asked = 'a ping after the handshake (RFC 6455, section 5.5.2)';
    try {
      using socket = await RawSocket.connect(target, { timeoutMillis });
      await askForUpgrade(socket, upgradeRequest(target, handshake), timeoutMillis);
      const webSocket = new RawWebSocket(socket);
      const name = newName();
      const begun = performance.now();
      webSocket.sendPing(name);
      for (;;) {
        const left = timeoutMillis - (performance.now() - begun);
        if (left <= 0) throw new WireError('silent', 'no pong');
        const frame = await webSocket.nextFrame(left);
        if (frame === undefined) throw new WireError('closed', 'the connection was closed');
        if (frame.opcode !== PONG) continue;
        const millis = (performance.now() - begun).toFixed(1);
        const evidence = { asked, answered: `pong after ${millis} ms` };
        if (frame.maskingKey !== undefined)
          return fail(
            evidence,
            'Frames of the server come masked, which every browser refuses (section 5.1).',
            undefined,
          );
        if (frame.payload.toString('utf8') !== name)
          return fail(evidence, 'The pong is not the one to this ping: something in between changes bytes.', TUNNEL);
        return pass(evidence, 'Bytes pass both ways after the handshake.');
      }
    } catch (error) {
      return wireFailure(error, asked, {
        silent:
          'The handshake passes and frames do not: something in between does not let go of them (a black hole after the 101).',
        closed: 'The connection is cut right after the handshake.',
        otherwise: 'What comes are no WebSocket frames.',
        fix: TUNNEL,
      });
    }
  },
};
