/** A STOMP gateway that counts its connections by transport. */
import type { StompGateway } from './gateway/stomp/stomp-gateway.ts';
import type { Metrics } from './telemetry/metrics.ts';

export function countingConnections(gateway: StompGateway, metrics: Metrics): StompGateway {
  return {
    accept(transport, request) {
      const { kind } = transport;
      const session = gateway.accept(transport, request);
      metrics.connectionOpened(kind);
      return {
        received: (bytes) => session.received(bytes),
        tooLarge: () => session.tooLarge?.(),
        closed: () => {
          metrics.connectionClosed(kind);
          session.closed();
        },
      };
    },
    get connections() {
      return gateway.connections;
    },
    get users() {
      return gateway.users;
    },
    closeUser: (userId, reason) => gateway.closeUser(userId, reason),
    drain: () => gateway.drain(),
  };
}
