import { RawSocket } from '../../wire/raw-socket.ts';
import { askForUpgrade, upgradeRequest } from '../../wire/raw-web-socket.ts';
import { type Check, fail, pass, warn } from '../check.ts';
import { wireFailure } from './wire-failure.ts';

export const origin: Check = {
  id: 'origin',
  stretch: 'websocket',
  title: 'which pages may connect',
  needs: ['ws-upgrade'],
  http: true,
  run: async (surroundings) => {
    const { target, timeoutMillis, origin: wanted, handshake } = surroundings;
    const from = wanted ?? 'null';
    const asked = `the handshake with Origin: ${from}${wanted === undefined ? ' (a page opened from a file)' : ''}`;
    try {
      using socket = await RawSocket.connect(target, { timeoutMillis });
      const request = upgradeRequest(target, { ...handshake, origin: from });
      const { status, statusLine } = await askForUpgrade(socket, request, timeoutMillis);
      const evidence = { asked, answered: `${status === 101 ? 'let in' : 'refused'} (${statusLine})` };
      const ours = await surroundings.isOurs();
      const allowing = (page: string): string =>
        ours
          ? `export RTD_ALLOWED_ORIGINS=${page}   # for the server`
          : `registry.addEndpoint("/ws").setAllowedOrigins("${page}")   # Spring; for a server that does not look at Origin (RabbitMQ), the proxy before it`;
      if (status === 101) {
        return wanted === undefined
          ? warn(
              evidence,
              'Any page may connect, one opened from a file too: so may every page that a user happens to visit.',
              allowing('https://app.example.com'),
            )
          : pass(evidence, `Pages of ${wanted} may connect.`);
      }
      return wanted === undefined
        ? pass(
            evidence,
            'A page opened from a file (file://) is refused, as it should be: open it over http, or allow null by name.',
          )
        : fail(evidence, `Pages of ${wanted} are refused.`, allowing(wanted));
    } catch (error) {
      return wireFailure(error, asked, {
        silent: 'No answer in time.',
        otherwise: 'The handshake failed.',
        fix: undefined,
      });
    }
  },
};
