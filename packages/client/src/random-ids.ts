/** Names that this client makes up. Not by crypto.randomUUID: browsers have that on https pages only. */
import { ClientMessageId } from '@rtd/protocol';

/** A clientMessageId: a new random UUID (version 4). */
export function newClientMessageId(): ClientMessageId {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  const uuid = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  return ClientMessageId.parse(uuid);
}

/** `guest-` and 8 random letters and digits: the user id of who gives none. */
export function newGuestId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return `guest-${Array.from(bytes, (byte) => (byte % 36).toString(36)).join('')}`;
}
