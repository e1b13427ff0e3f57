/** Both sessions, as the options want them. */
import {
  type ChatSession,
  connectChat,
  connectMarket,
  type MarketStream,
  systemClock,
  type WireChunk,
} from '@rtd/client';
import { tappedWebSocket, type WireTapListener } from '@rtd/client/node';
import type { ClientOptions } from '../options.ts';

/** At most so often a symbol: more than a person can read, less than a busy market has. */
const CONFLATE_MILLIS = 100;

export interface WireListeners {
  readonly webSocket: WireTapListener;
  readonly sse: (chunk: WireChunk) => void;
}

/** @throws RtdError VALIDATION for an address or a name that cannot be one; nothing is left open then. */
export function connectBoth(options: ClientOptions, wire?: WireListeners): { chat: ChatSession; market: MarketStream } {
  const { url, identity, transport, device, outbox, clock, onWire } = options;
  const WebSocket = wire === undefined ? undefined : tappedWebSocket(wire.webSocket, clock ?? systemClock);
  const chat = (options.connectChat ?? connectChat)({
    url,
    identity,
    transport,
    device,
    outbox,
    onWire,
    clock,
    WebSocket,
  });
  const market = (options.connectMarket ?? connectMarket)({
    url,
    identity,
    transport: transport === 'poll' ? 'poll' : 'auto',
    conflateMillis: CONFLATE_MILLIS,
    onWire: wire?.sse,
    clock,
  });
  return { chat, market };
}
