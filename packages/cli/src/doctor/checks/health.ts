import { Health } from '@rtd/protocol';
import { type Check, pass, skip, warn } from '../check.ts';
import { isOurHealth } from '../surroundings.ts';
import { wireFailure } from './wire-failure.ts';

export const health: Check = {
  id: 'health',
  stretch: 'network',
  title: 'how the server is',
  needs: ['http'],
  http: true,
  run: async (surroundings) => {
    const asked = `GET ${surroundings.target.url}/api/websocket/health`;
    try {
      const answer = await surroundings.health();
      if (!isOurHealth(answer)) return skip('Only RTD servers have it.');
      const found = Health.parse(JSON.parse(answer.body));
      const { activeConnections, onlineUsers, sseConnections, serverId } = found;
      const evidence = {
        asked,
        answered: `${serverId} is UP: ${activeConnections} connections, ${onlineUsers} users online, ${sseConnections} event streams`,
      };
      if (activeConnections > 0 && onlineUsers === 0) {
        return warn(
          evidence,
          'Connections, and zero active users: they have not said CONNECT, or are tabs that the browser has frozen and that send no heart-beats any more.',
          'rtd doctor --only heart-beat,stomp-connect   # and let clients ask for heart-beats of 10000,10000',
        );
      }
      return pass(evidence, 'The server serves.');
    } catch (error) {
      return wireFailure(error, asked, {
        silent: 'No answer in time.',
        otherwise: 'It could not be asked.',
        fix: `curl ${surroundings.target.url}/api/websocket/health`,
      });
    }
  },
};
