/** A STOMP gateway that counts its connections by transport, and what waits for them. */
import type { StompGateway } from './gateway/stomp/stomp-gateway.ts';
import type { StompTransport } from './gateway/stomp/stomp-transport.ts';
import type { Metrics } from './telemetry/metrics.ts';

export interface CountingGateway extends StompGateway {
  /** Bytes that wait for clients to take them. Asks every connection: for metrics. */
  readonly queuedBytes: number;
}

export function countingConnections(gateway: StompGateway, metrics: Metrics): CountingGateway {
  const open = new Set<StompTransport>();
  return {
    accept(transport, request) {
      const { kind } = transport;
      const session = gateway.accept(transport, request);
      metrics.connectionOpened(kind);
      open.add(transport);
      return {
        received: (bytes) => session.received(bytes),
        tooLarge: () => session.tooLarge?.(),
        closed: () => {
          open.delete(transport);
          metrics.connectionClosed(kind);
          session.closed();
        },
      };
    },
    get connections() {
      return gateway.connections;
    },
    get queuedBytes() {
      let bytes = 0;
      for (const { queuedBytes } of open) bytes += queuedBytes;
      return bytes;
    },
    get users() {
      return gateway.users;
    },
    waitingClients: () => gateway.waitingClients(),
    closeUser: (userId, reason) => gateway.closeUser(userId, reason),
    drain: () => gateway.drain(),
  };
}
