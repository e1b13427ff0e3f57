/** Run as a program: `file run`. Fifty users send as fast as they can; each commit is a line `key seq .` on stdout. Ends only by force. */
import { ClientMessageId, GLOBAL_CONVERSATION, UserId } from '@rtd/protocol';
import { openSqliteMessageStore } from '../../src/adapters/sqlite/sqlite-message-store.ts';
import { systemClock } from '../../src/clock.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { newMessageId } from './chat-fixture.ts';

const [file = '', run = ''] = process.argv.slice(2);
const store = await openSqliteMessageStore({ path: file, clock: systemClock, log: silentLog() });

async function sendForEver(name: string): Promise<void> {
  for (let count = 1; ; count += 1) {
    const key = `${name}-${run}-${count}`;
    const [appended] = await store.append([
      {
        id: newMessageId(),
        conversationId: GLOBAL_CONVERSATION,
        senderId: UserId.parse(name),
        senderName: name,
        recipientId: undefined,
        content: 'hello',
        clientMessageId: ClientMessageId.parse(key),
        timestamp: new Date().toISOString(),
        opening: undefined,
      },
    ]);
    process.stdout.write(`${key} ${appended?.message.seq} .\n`);
  }
}

await Promise.all(Array.from({ length: 50 }, (_, index) => sendForEver(`user${index}`)));
