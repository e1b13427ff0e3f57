/** How the entries of each topic are written as MESSAGE (contract, section 3). */
import type {
  ChatMessage,
  Confirmation,
  ErrorNotice,
  Presence,
  ReadReceipt,
  ResourcePresence,
  Typing,
} from '@rtd/protocol';
import type { Delivery } from '../../chat/chat-room.ts';
import type { StoredMessage } from '../../chat/message.ts';
import type { PlacedTick } from '../../market/market-room.ts';
import { type MessageFormat, oncePerEntry } from './message-encoder.ts';

export interface MessageFormats {
  readonly chat: MessageFormat<Delivery>;
  readonly typing: MessageFormat<Typing>;
  readonly presence: MessageFormat<Presence>;
  readonly resourcePresence: MessageFormat<ResourcePresence>;
  readonly tick: MessageFormat<PlacedTick>;
  readonly confirmation: MessageFormat<Confirmation>;
  readonly receipt: MessageFormat<ReadReceipt>;
  readonly error: MessageFormat<ErrorNotice>;
}

/** `epoch` makes the message-ids of what has no id of its own differ from those of other servers and earlier runs. */
export function createMessageFormats(epoch: string): MessageFormats {
  let last = 0;

  function numbered<Entry extends object>(contentOf: (entry: Entry) => unknown): MessageFormat<Entry> {
    const idOf = oncePerEntry<Entry, string>(() => {
      last += 1;
      return `${epoch}-${last}`;
    });
    return { idOf, bodyOf: oncePerEntry((entry) => Buffer.from(JSON.stringify(contentOf(entry)))) };
  }

  const itself = (entry: unknown): unknown => entry;
  const chatBody = oncePerEntry((message: StoredMessage) => {
    const content: ChatMessage = { ...message, status: 'SENT' };
    return Buffer.from(JSON.stringify(content));
  });
  return {
    chat: {
      idOf: (delivery) => delivery.message.id,
      bodyOf: (delivery) => chatBody(delivery.message),
      echoOf: (delivery) => delivery.echoHeaders,
    },
    typing: numbered(itself),
    presence: numbered(itself),
    resourcePresence: numbered(itself),
    tick: numbered((placed) => placed.tick),
    confirmation: numbered(itself),
    receipt: numbered(itself),
    error: numbered(itself),
  };
}
