/** Messages as a server would send them, for tests. */
import type { OutgoingMessage, OutgoingState } from '@rtd/client';
import { ChatMessage, ClientMessageId, Tick } from '@rtd/protocol';
import type { TerminalEvent } from '../src/state/terminal.ts';

export const NOON = Date.parse('2026-11-21T12:00:00.000Z');

export interface SketchedMessage {
  readonly seq: number;
  readonly from?: string;
  readonly content?: string;
  /** Milliseconds after {@link NOON}. */
  readonly after?: number;
  readonly clientMessageId?: string;
}

export function message({
  seq,
  from = 'ana',
  content = `text ${seq}`,
  after = seq * 1_000,
  clientMessageId,
}: SketchedMessage): ChatMessage {
  return ChatMessage.parse({
    id: `m-${seq}`,
    conversationId: 'global',
    seq,
    senderId: from,
    senderName: from,
    type: 'TEXT',
    content,
    clientMessageId,
    status: 'SENT',
    timestamp: new Date(NOON + after).toISOString(),
  });
}

/** It arrives in global. */
export function came(one: ChatMessage): TerminalEvent {
  return {
    kind: 'conversations',
    event: { kind: 'chat', key: one.conversationId, event: { kind: 'message', message: one } },
  };
}

export function outgoing(clientMessageId: string, state: OutgoingState, content = 'mine'): OutgoingMessage {
  return {
    clientMessageId: ClientMessageId.parse(clientMessageId),
    content,
    createdAt: new Date(NOON).toISOString(),
    state,
  };
}

export function tick(symbol: string, price: number, changePercent = 0.5): Tick {
  const timestamp = new Date(NOON).toISOString();
  return Tick.parse({ symbol, price, change: 1, changePercent, volume: 1_000, timestamp });
}
