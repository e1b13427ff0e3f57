import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Limits, ServerId } from '@rtd/protocol';
import type { Authenticator } from '../../auth/identity.ts';
import type { Clock } from '../../clock.ts';
import type { MarketRoom } from '../../market/market-room.ts';
import type { Log } from '../../telemetry/log.ts';

export interface SseGatewayOptions {
  readonly market: MarketRoom;
  readonly authenticator: Authenticator;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Log;
  readonly serverId: ServerId;
  /** The address that an anonymous client counts against; default: the socket's peer. */
  readonly addressOf?: ((request: IncomingMessage) => string) | undefined;
}

export interface SseGateway {
  /**
   * Serves `GET` and `HEAD /stream` on a raw request: the response is all its own from here on. Headers that were set on
   * the response before (CORS) go out with the others. Never rejects.
   */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  readonly connections: number;
  /** Ends the streams of a user whose access was revoked. */
  disconnectUser(userId: string): void;
  /** Refuses new streams and ends the open ones, spread over a few seconds, so that clients reconnect elsewhere. Resolves when none is left. */
  drain(): Promise<void>;
}

export function createSseGateway(_options: SseGatewayOptions): SseGateway {
  throw new Error('not yet');
}
