/** The laws of delivery on two servers that share a SQLite file, with hints that cannot be relied upon. */
import { afterAll, expect, test } from 'vitest';
import { createInProcessBus } from '../../src/adapters/in-process/in-process-message-bus.ts';
import { createInProcessMailbox } from '../../src/adapters/in-process/in-process-server-mailbox.ts';
import type { RunningChatRoom } from '../../src/chat/create-chat-room.ts';
import { createCleanup, createFakeClock, openServers, openStore } from './chat-fixture.ts';
import { checkLaws, createHazard, hazardousBus, hazardousMailbox } from './interleavings.ts';

const cleanup = createCleanup();
afterAll(() => cleanup.run());

test('any interleaving of sends, reconnects, cursors and hints: the same sequence for all, each message once', async () => {
  const hazard = createHazard();
  const clock = createFakeClock();
  const store = await openStore(cleanup);
  const options = {
    store,
    bus: hazardousBus(createInProcessBus(), hazard),
    mailbox: hazardousMailbox(createInProcessMailbox(), hazard),
    clock,
    serversOf: () => ['one', 'two'],
  };
  async function openServer(name: string): Promise<RunningChatRoom> {
    const [room] = await openServers(cleanup, [name], options);
    return room ?? expect.unreachable();
  }
  const rooms: [RunningChatRoom, RunningChatRoom] = [await openServer('one'), await openServer('two')];
  async function restart(index: number): Promise<void> {
    const at = index === 0 ? 0 : 1;
    await rooms[at].close();
    rooms[at] = await openServer(at === 0 ? 'one' : 'two');
  }
  async function cut(): Promise<void> {
    for (const recovered of [...hazard.recoveries]) recovered();
  }
  await checkLaws({ rooms, restart, cut, clock, hazard, store }, 150);
}, 120_000);
