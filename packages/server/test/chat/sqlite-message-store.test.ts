/** The SQLite adapter: the store's contract, and what is its own: group commit, failures, versions. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, renameSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { ClientMessageId, ConversationId, DeviceId, GLOBAL_CONVERSATION, UserId } from '@rtd/protocol';
import { afterEach, describe, expect, test } from 'vitest';
import { openSqliteMessageStore } from '../../src/adapters/sqlite/sqlite-message-store.ts';
import type { NewMessage } from '../../src/chat/message-store.ts';
import { systemClock } from '../../src/clock.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { createCleanup, newMessageId, openStore, temporaryFolder, upTo } from './chat-fixture.ts';
import { messageStoreContract } from './message-store.contract.ts';

const cleanup = createCleanup();
afterEach(() => cleanup.run());

const message = (clientMessageId?: string): NewMessage => ({
  id: newMessageId(),
  conversationId: GLOBAL_CONVERSATION,
  senderId: UserId.parse('ann'),
  senderName: 'ann',
  recipientId: undefined,
  content: 'hello',
  clientMessageId: clientMessageId === undefined ? undefined : ClientMessageId.parse(clientMessageId),
  timestamp: '2026-01-31T09:00:00.123Z',
  opening: undefined,
});

describe('the contract', () => {
  messageStoreContract(async (own) => {
    const file = path.join(await temporaryFolder(own), 'messages.db');
    return () => openStore(own, file, 15_000);
  });
});

describe('group commit', () => {
  test('what arrives during a transaction shares the next one', async () => {
    const batches: number[] = [];
    const store = await openSqliteMessageStore({
      path: path.join(await temporaryFolder(cleanup), 'm.db'),
      clock: systemClock,
      log: silentLog(),
      committed: (calls) => batches.push(calls),
    });
    cleanup.add(() => store.close());
    await Promise.all(upTo(500).map(() => store.append([message()])));
    expect(batches.reduce((sum, calls) => sum + calls, 0)).toBe(500);
    expect(batches.length).toBeLessThan(10);
  });
});

describe('failures', () => {
  const openAt = (file: string) =>
    openSqliteMessageStore({ path: file, clock: systemClock, log: silentLog(), busyMillis: 50 });

  test('says what to do where it cannot be opened', async () => {
    const folder = await temporaryFolder(cleanup);
    await writeFile(path.join(folder, 'notes.txt'), 'dear diary, '.repeat(1_000));
    await mkdir(path.join(folder, 'folder'));
    const cases: [string, RegExp][] = [
      ['missing/m.db', /folder is missing.*RTD_DATA_DIR/],
      ['notes.txt', /no message database/],
      ['folder', /cannot be used/],
    ];
    for (const [name, words] of cases) {
      const file = path.join(folder, name);
      await expect(openAt(file)).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
        message: expect.stringMatching(words),
      });
      await expect(openAt(file)).rejects.toMatchObject({ message: expect.stringContaining(file) });
    }
  });

  test('a file of the version before is brought up, with all that is in it', async () => {
    const file = path.join(await temporaryFolder(cleanup), 'm.db');
    const bob = UserId.parse('bob');
    const device = DeviceId.parse('phone');
    const notes = ConversationId.parse('notes');
    const mine = (): NewMessage => ({
      ...message(),
      senderId: bob,
      conversationId: notes,
      opening: { kind: 'group', members: [bob] },
    });
    const old = await openAt(file);
    await old.append([mine(), mine(), mine()]);
    await old.inbox(bob, device, 10);
    await old.advanceDelivered(bob, device, [{ conversationId: notes, seq: 1 }]);
    await old.close();
    const database = new DatabaseSync(file);
    cleanup.add(() => database.close());
    database.exec('DROP TABLE delivered_ahead; DELETE FROM schema_step WHERE version = 2');
    const store = await openAt(file);
    cleanup.add(() => store.close());
    await store.advanceDelivered(bob, device, [{ conversationId: notes, seq: 1, ahead: [3] }]);
    const { messages } = await store.inbox(bob, device, 10);
    expect(messages.map((each) => each.message.seq)).toEqual([2]);
    const rows = () => database.prepare('SELECT count(*) AS number FROM delivered_ahead').get()?.number;
    expect(rows()).toBe(1);
    await store.advanceDelivered(bob, device, [{ conversationId: notes, seq: 3 }]);
    expect(rows()).toBe(0);
  });

  test('refuses a file of a later version, and leaves it as it is', async () => {
    const file = path.join(await temporaryFolder(cleanup), 'm.db');
    await (await openAt(file)).close();
    const database = new DatabaseSync(file);
    database.exec("INSERT INTO schema_step VALUES (999, 'later')");
    database.close();
    await expect(openAt(file)).rejects.toMatchObject({ message: expect.stringContaining('later version') });
  });

  test('a locked database refuses at once with nothing stored, reads go on, and it works again after', async () => {
    const file = path.join(await temporaryFolder(cleanup), 'm.db');
    const store = await openAt(file);
    cleanup.add(() => store.close());
    await store.append([message('first')]);
    const other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE');
    await expect(store.append([message('second')])).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      retryable: true,
    });
    await expect(store.check()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect((await store.messages(GLOBAL_CONVERSATION, { limit: 10 })).messages).toHaveLength(1);
    other.exec('ROLLBACK');
    other.close();
    expect(await store.append([message('second')])).toMatchObject([{ repeated: false, message: { seq: 2 } }]);
  });

  test('one change that the database chokes on does not fail its neighbours', async () => {
    const file = path.join(await temporaryFolder(cleanup), 'm.db');
    const store = await openAt(file);
    cleanup.add(() => store.close());
    const other = new DatabaseSync(file);
    other.exec(
      "CREATE TRIGGER poison BEFORE INSERT ON message WHEN NEW.content = 'poison' BEGIN SELECT RAISE(ABORT, 'choke'); END",
    );
    other.close();
    const outcomes = await Promise.allSettled([
      store.append([message()]),
      store.append([{ ...message(), content: 'poison' }]),
      store.append([message()]),
    ]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((await store.messages(GLOBAL_CONVERSATION, { limit: 10 })).messages.map((one) => one.message.seq)).toEqual([
      1, 2,
    ]);
  });

  test('a file that was moved away is noticed, not written to', async () => {
    const folder = await temporaryFolder(cleanup);
    const file = path.join(folder, 'm.db');
    const store = await openAt(file);
    cleanup.add(() => store.close());
    await store.append([message()]);
    for (const end of ['', '-wal', '-shm']) {
      if (existsSync(file + end)) renameSync(file + end, `${file}-away${end}`);
    }
    await expect(store.append([message()])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });
});

describe('kill -9', () => {
  test('every acknowledged message is there, seqs are dense, and keys still count', async () => {
    const file = path.join(await temporaryFolder(cleanup), 'm.db');
    const program = fileURLToPath(new URL('./acknowledging-sender.ts', import.meta.url));
    const acknowledged = new Map<string, number>();
    for (const run of [1, 2, 3]) {
      const child = spawn(process.execPath, ['--conditions=source', program, file, String(run)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      cleanup.add(() => void child.kill('SIGKILL'));
      const exited = once(child, 'exit');
      let seen = 0;
      for await (const line of createInterface({ input: child.stdout })) {
        const [key, seq] = line.split(' ');
        // The kernel hands over what was written before the kill, so each whole line is an acknowledgement that left.
        if (key !== undefined && seq !== undefined && line.endsWith(' .')) acknowledged.set(key, Number(seq));
        seen += 1;
        if (seen === 400 * run) child.kill('SIGKILL');
      }
      expect((await exited)[1]).toBe('SIGKILL');
    }
    const store = await openStore(cleanup, file);
    const { messages } = await store.messages(GLOBAL_CONVERSATION, { after: 0, limit: 1_000_000 });
    expect(messages.map((one) => one.message.seq)).toEqual(upTo(messages.length));
    const stored = new Map(messages.map(({ message: { clientMessageId, seq } }) => [String(clientMessageId), seq]));
    expect(acknowledged.size).toBeGreaterThanOrEqual(400 + 800 + 1_200);
    expect([...acknowledged].filter(([key, seq]) => stored.get(key) !== seq)).toEqual([]);
    const [known = ''] = acknowledged.keys();
    const [again] = await store.append([{ ...message(known), senderId: UserId.parse(known.split('-')[0]) }]);
    expect(again).toMatchObject({ repeated: true, message: { seq: acknowledged.get(known) } });
  });
});
