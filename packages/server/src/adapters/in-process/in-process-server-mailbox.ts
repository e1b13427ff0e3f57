/** The mailbox of servers that live in one process (embedded mode: one): a letter is a call. */
import { RtdError, type ServerId } from '@rtd/protocol';
import type { MailboxOwner, ServerMailbox } from '../../chat/server-mailbox.ts';

export function createInProcessMailbox(): ServerMailbox {
  const owners = new Map<ServerId, MailboxOwner>();
  let closed = false;
  return {
    post(to, letter) {
      owners.get(to)?.letter(letter);
    },
    open(server, owner) {
      if (!closed) owners.set(server, owner);
      return Promise.resolve(() => {
        if (owners.get(server) === owner) owners.delete(server);
      });
    },
    check: () =>
      closed ? Promise.reject(new RtdError('UNAVAILABLE', 'The in-process mailbox is closed.')) : Promise.resolve(),
    close() {
      closed = true;
      owners.clear();
      return Promise.resolve();
    },
  };
}
