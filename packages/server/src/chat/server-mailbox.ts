/**
 * The port to one server by its id.
 *
 * What every adapter promises (`test/chat/server-mailbox.contract.ts`): a letter usually reaches the server that it is
 * addressed to, soon, and no other. It may be lost, repeated or reordered. `post` never throws, never waits, and keeps
 * only a bounded number of letters for a backend that is away. Letters to one server that is up mostly keep their order.
 */
import type { ServerId } from '@rtd/protocol';
import type { Letter } from './hints.ts';

export interface MailboxOwner {
  /** Must not throw. */
  letter(letter: Letter): void;
  /** The backend is back after it was away: letters may have been missed. */
  recovered(): void;
}

export interface ServerMailbox {
  post(to: ServerId, letter: Letter): void;
  /** Empties the box of `server` into `owner` until the returned function is called. One owner a server. */
  open(server: ServerId, owner: MailboxOwner): Promise<() => void>;
  /** For `/readyz`. @throws RtdError UNAVAILABLE, saying why. */
  check(): Promise<void>;
  /** Repeating it is harmless. */
  close(): Promise<void>;
}
