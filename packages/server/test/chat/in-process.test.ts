/** The in-process bus and mailbox: their ports' contracts. */
import { describe } from 'vitest';
import { createInProcessBus } from '../../src/adapters/in-process/in-process-message-bus.ts';
import { createInProcessMailbox } from '../../src/adapters/in-process/in-process-server-mailbox.ts';
import { messageBusContract } from './message-bus.contract.ts';
import { serverMailboxContract } from './server-mailbox.contract.ts';

describe('the in-process bus', () => {
  messageBusContract(() => {
    const bus = createInProcessBus();
    return Promise.resolve(() => Promise.resolve(bus));
  });
});

describe('the in-process mailbox', () => {
  serverMailboxContract(() => {
    const mailbox = createInProcessMailbox();
    return Promise.resolve(() => Promise.resolve(mailbox));
  });
});
