/** A message as it is kept: its status is derived from cursors, so it is not part of it. */
import type { ChatMessage } from '@rtd/protocol';

export type StoredMessage = Omit<ChatMessage, 'status'>;
