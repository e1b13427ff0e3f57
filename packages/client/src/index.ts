/** What any program needs to talk to an RTD server. Runs in a browser too: nothing here imports Node. */

export type {
  ChatEvents,
  ChatOptions,
  ChatSession,
  ChatTransport,
  ConversationSubscription,
  DeliveryChange,
  NewMessage,
  OutgoingMessage,
  OutgoingState,
  Sending,
  SendOutcome,
  SubscribeOptions,
} from './chat-session.ts';
export { type Clock, systemClock, type Timer } from './clock.ts';
export { connectChat } from './connect-chat.ts';
export { connectMarket } from './connect-market.ts';
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
export type { MarketEvents, MarketOptions, MarketStream, MarketTransport } from './market-stream.ts';
export { memoryOutboxStore, type OutboxEntry, type OutboxStore } from './outbox-store.ts';
export type { TypingSender } from './typing-sender.ts';
