/** What any program needs to talk to an RTD server. Runs in a browser too: nothing here imports Node. */

export type {
  ConversationSubscription,
  DeliveryChange,
  NewMessage,
  OutgoingMessage,
  OutgoingState,
  Sending,
  SendOutcome,
  SubscribeOptions,
} from './chat-session.ts';
export {
  type ChatEvents,
  type ChatOptions,
  type ChatSession,
  type ChatTransport,
  connectChat,
} from './chat-session.ts';
export { type Clock, systemClock, type Timer } from './clock.ts';
export {
  createHttpApi,
  type HistoryQuery,
  type HttpApi,
  type HttpApiOptions,
  type OutgoingBody,
  type PresenceEntry,
  type Readiness,
} from './http-api.ts';
export { UnreachableError } from './http-request.ts';
export type { ClientIdentity, Self } from './identity.ts';
export type { LinkState, Unsubscribe, WireChunk } from './link-state.ts';
export {
  connectMarket,
  type MarketEvents,
  type MarketOptions,
  type MarketStream,
  type MarketTransport,
} from './market-stream.ts';
export { memoryOutboxStore, type OutboxEntry, type OutboxStore } from './outbox-store.ts';
export type { TypingSender } from './typing-sender.ts';
