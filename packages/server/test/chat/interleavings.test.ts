/** The laws of delivery on two servers that share a SQLite file, with hints that cannot be relied upon. */
import { afterAll, test } from 'vitest';
import { createInProcessBus } from '../../src/adapters/in-process/in-process-message-bus.ts';
import { createInProcessMailbox } from '../../src/adapters/in-process/in-process-server-mailbox.ts';
import { createCleanup, createFakeClock, openServers, openStore } from './chat-fixture.ts';
import { checkLaws, createHazard, hazardousBus, hazardousMailbox } from './interleavings.ts';

const cleanup = createCleanup();
afterAll(() => cleanup.run());

test('any interleaving of sends, reconnects, cursors and hints: the same sequence for all, each message once', async () => {
  const hazard = createHazard();
  const clock = createFakeClock();
  const store = await openStore(cleanup);
  const [one, two] = await openServers(cleanup, ['one', 'two'], {
    store,
    bus: hazardousBus(createInProcessBus(), hazard),
    mailbox: hazardousMailbox(createInProcessMailbox(), hazard),
    clock,
  });
  if (one === undefined || two === undefined) throw new Error('two servers');
  await checkLaws({ rooms: [one, two], clock, hazard, store }, 150);
}, 120_000);
