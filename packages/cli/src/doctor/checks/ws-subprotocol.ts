import { headerOf } from '../../wire/http-head.ts';
import { RawSocket } from '../../wire/raw-socket.ts';
import { askForUpgrade, STOMP_PROTOCOLS, upgradeRequest } from '../../wire/raw-web-socket.ts';
import { type Check, fail, pass, warn } from '../check.ts';
import { wireFailure } from './wire-failure.ts';

export const wsSubprotocol: Check = {
  id: 'ws-subprotocol',
  stretch: 'websocket',
  title: 'the subprotocol',
  needs: ['ws-upgrade'],
  http: true,
  run: async ({ target, timeoutMillis, handshake }) => {
    const asked = `Sec-WebSocket-Protocol: ${STOMP_PROTOCOLS}`;
    try {
      using socket = await RawSocket.connect(target, { timeoutMillis });
      const answer = await askForUpgrade(socket, upgradeRequest(target, handshake), timeoutMillis);
      const chosen = headerOf(answer.headers, 'sec-websocket-protocol');
      const evidence = { asked, answered: chosen === undefined ? 'none was chosen' : chosen };
      if (chosen === undefined) {
        return warn(
          evidence,
          'The server chose none of those that were offered, or something ate the header. Browsers go on without; strict clients hang up.',
          'proxy_pass_header Sec-WebSocket-Protocol;   # nginx',
        );
      }
      if (!STOMP_PROTOCOLS.split(', ').includes(chosen)) {
        return fail(
          evidence,
          'What was chosen was not offered: every browser ends the connection (RFC 6455, section 4.1).',
          undefined,
        );
      }
      return pass(evidence, chosen === 'v12.stomp' ? 'It is the best there is.' : 'It is an older STOMP, and works.');
    } catch (error) {
      return wireFailure(error, asked, {
        silent: 'No answer in time.',
        otherwise: 'The handshake failed.',
        fix: undefined,
      });
    }
  },
};
