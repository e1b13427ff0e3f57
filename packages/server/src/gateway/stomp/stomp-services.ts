/** What every STOMP session of a server shares. */
import type { Limits, ServerId, StompParserLimits } from '@rtd/protocol';
import type { Authenticator } from '../../auth/identity.ts';
import type { ChatRoom } from '../../chat/chat-room.ts';
import type { Clock } from '../../clock.ts';
import type { MarketRoom } from '../../market/market-room.ts';
import type { PresenceRoom } from '../../presence/presence-room.ts';
import type { Log } from '../../telemetry/log.ts';
import type { MessageFormats } from './message-formats.ts';
import type { StompSession } from './stomp-session.ts';

export interface StompGatewayOptions {
  readonly chat: ChatRoom;
  readonly market: MarketRoom;
  readonly presence: PresenceRoom;
  readonly authenticator: Authenticator;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Log;
  readonly serverId: ServerId;
  /** A fresh name for a session: unguessable, a few dozen letters and digits. */
  randomId(): string;
}

export interface StompServices extends StompGatewayOptions {
  readonly formats: MessageFormats;
  /** Of the frames before CONNECTED, and of those after it. */
  readonly preconnectLimits: StompParserLimits;
  readonly parserLimits: StompParserLimits;
  /** Whole seconds of the monotonic clock at the last sweep: near enough for beats and time-outs, and free to read. */
  readonly sweptAt: number;
  sessionConnected(session: StompSession, userId: string): void;
  sessionEnded(session: StompSession, userId: string | undefined): void;
}
