/** The MySQL adapter against a real MariaDB or MySQL: the store's contract, and what is its own. */
import { randomUUID } from 'node:crypto';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { ClientMessageId, ConversationId, DeviceId, GLOBAL_CONVERSATION, UserId } from '@rtd/protocol';
import { type Connection, createConnection } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { z } from 'zod';
import { openMysqlMessageStore } from '../../src/adapters/mysql/mysql-message-store.ts';
import type { MessageStore, NewMessage } from '../../src/chat/message-store.ts';
import { systemClock } from '../../src/clock.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { type Cleanup, createCleanup, newMessageId, upTo } from '../chat/chat-fixture.ts';
import { messageStoreContract } from '../chat/message-store.contract.ts';

const server = inject('mysqlUrl');
const cleanup = createCleanup();
afterEach(() => cleanup.run());

const message = (more: Partial<NewMessage> = {}): NewMessage => ({
  id: newMessageId(),
  conversationId: GLOBAL_CONVERSATION,
  senderId: UserId.parse('ann'),
  senderName: 'ann',
  recipientId: undefined,
  content: 'hello',
  clientMessageId: undefined,
  timestamp: '2026-01-31T09:00:00.123Z',
  opening: undefined,
  ...more,
});

describe.skipIf(server === undefined)('with a database', () => {
  let admin: Connection;
  beforeAll(async () => {
    admin = await createConnection({ uri: server ?? '' });
  });
  afterAll(() => admin.end());

  /** The URL of a database that does not exist yet. */
  function freshUrl(own: Cleanup = cleanup): string {
    const url = new URL(server ?? '');
    const name = `rtd_${randomUUID().replaceAll('-', '')}`;
    url.pathname = `/${name}`;
    own.add(() => admin.query('DROP DATABASE IF EXISTS ??', [name]));
    return url.href;
  }

  async function open(url: string, own: Cleanup = cleanup): Promise<MessageStore> {
    const store = await openMysqlMessageStore({ url, clock: systemClock, log: silentLog() });
    own.add(() => store.close());
    return store;
  }

  describe('the contract', () => {
    messageStoreContract(async (own) => {
      const url = freshUrl(own);
      return () => open(url, own);
    });
  });

  test('ten servers may start at once on nothing, and count together without a hole', async () => {
    const url = freshUrl();
    const stores = await Promise.all(upTo(10).map(() => open(url)));
    const appended = await Promise.all(
      stores.flatMap((store) => upTo(20).map(async () => (await store.append([message()]))[0]?.message.seq)),
    );
    expect(appended.toSorted((a, b) => Number(a) - Number(b))).toEqual(upTo(200).map((_, index) => index + 1));
  });

  test('servers that open the same conversation and write in each other in opposite orders do not stop each other', async () => {
    const url = freshUrl();
    const [one, two] = [await open(url), await open(url)];
    const rooms = upTo(8).map((_, index) => ConversationId.parse(`room-${index}`));
    const into = (conversationId: ConversationId) =>
      message({ conversationId, opening: { kind: 'group', members: [UserId.parse('ann')] } });
    const results = await Promise.all(
      upTo(30).flatMap(() => [one.append(rooms.map(into)), two.append(rooms.toReversed().map(into))]),
    );
    const seqs = results.flat().filter(({ message: { conversationId } }) => conversationId === 'room-3');
    expect(seqs.map(({ message: { seq } }) => seq).toSorted((a, b) => a - b)).toEqual(
      upTo(60).map((_, index) => index + 1),
    );
  });

  test('the same clientMessageId on two servers at once is stored once', async () => {
    const url = freshUrl();
    const [one, two] = [await open(url), await open(url)];
    for (let round = 0; round < 20; round += 1) {
      const clientMessageId = ClientMessageId.parse(`round ${round}`);
      // Different conversations: no lock of one holds up the other.
      const elsewhere = ConversationId.parse(`elsewhere-${round}`);
      const opening = { kind: 'group', members: [UserId.parse('ann')] } as const;
      const [first, second] = await Promise.all([
        one.append([message({ clientMessageId })]),
        two.append([message({ clientMessageId, conversationId: elsewhere, opening })]),
      ]);
      expect(first[0]?.message.id).toBe(second[0]?.message.id);
      expect([first[0]?.repeated, second[0]?.repeated].toSorted()).toEqual([false, true]);
    }
  });

  test('names that a collation would take for one are two', async () => {
    const store = await open(freshUrl());
    const keys = ['a', 'A', 'a ', 'á', 'ß', 'ss'].map((text) => ClientMessageId.parse(text));
    const appended = await Promise.all(keys.map((clientMessageId) => store.append([message({ clientMessageId })])));
    expect(appended.flat().map(({ repeated }) => repeated)).toEqual(keys.map(() => false));
  });

  test('every query of the busy paths finds its index', async () => {
    const url = freshUrl();
    const store = await open(url);
    const members = upTo(50).map((_, index) => UserId.parse(`user-${index}`));
    for (let room = 0; room < 40; room += 1) {
      const conversationId = ConversationId.parse(`room-${room}`);
      await store.append(
        upTo(50).map((_, index) =>
          message({
            conversationId,
            senderId: members[0] ?? UserId.parse('x'),
            clientMessageId: ClientMessageId.parse(`${room} ${index}`),
            opening: { kind: 'group', members },
          }),
        ),
      );
    }
    const database = new URL(url).pathname.slice(1);
    const connection = await createConnection({ uri: url });
    cleanup.add(() => connection.end());
    await connection.query('ANALYZE TABLE message, conversation, member, read_cursor, device_cursor, delivered_ahead');
    const plans: Readonly<Record<string, string>> = {
      history:
        "SELECT * FROM message m WHERE m.conversation_id = 'room-3' AND m.seq > 10 AND m.seq < 20 ORDER BY m.seq LIMIT 50",
      repeats:
        "SELECT * FROM message m WHERE (m.sender_id = 'user-0' AND m.client_message_id = '3 4') OR (m.sender_id = 'user-0' AND m.client_message_id = '3 5')",
      'by id': "SELECT * FROM message m WHERE m.id IN ('a', 'b')",
      members:
        "SELECT * FROM member WHERE (conversation_id = 'room-3' AND user_id = 'user-4') OR (conversation_id = 'room-9' AND user_id = 'user-1')",
      sweep: 'SELECT id FROM conversation WHERE changed_at >= 99999999999999',
      'conversations of a user': "SELECT * FROM member b WHERE b.user_id = 'user-7'",
      'anything acknowledged ahead':
        "SELECT 1 FROM delivered_ahead WHERE user_id = 'user-1' AND conversation_id = 'room-3'",
      'reached by a cursor':
        "SELECT * FROM delivered_ahead WHERE (user_id = 'user-1' AND conversation_id = 'room-3' AND device = 'x' AND seq <= 5)",
      delivered: "SELECT * FROM device_cursor WHERE user_id = 'user-1' AND device = 'x' AND conversation_id = 'room-3'",
    };
    for (const [name, sql] of Object.entries(plans)) {
      const [rows] = await connection.query({ sql: `EXPLAIN ${sql}`, rowsAsArray: false });
      const [plan] = Array.isArray(rows) ? rows : [];
      expect(plan, `${name} in ${database}`).toMatchObject({ type: expect.not.stringMatching(/^(ALL|index)$/) });
    }
  });

  describe('a transaction that the database undoes', () => {
    const [one, two] = [ConversationId.parse('room-1'), ConversationId.parse('room-2')];
    const into = (conversationId: ConversationId) =>
      message({ conversationId, opening: { kind: 'group', members: [UserId.parse('ann')] } });

    /** A store with a message in each of two conversations, and somebody else's connection to its database. */
    async function openWithOther() {
      const url = freshUrl();
      const store = await open(url);
      await store.append([into(one), into(two)]);
      const other = await createConnection({ uri: url });
      cleanup.add(() => other.destroy());
      const database = new URL(url).pathname.slice(1);
      /** Since when a transaction of this database waits for a lock: another one if that is another moment. */
      const waiting = async (): Promise<unknown> => {
        const [rows] = await admin.query(
          `SELECT t.trx_wait_started AS id FROM information_schema.innodb_trx t
           JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id
           WHERE p.db = ? AND t.trx_state = 'LOCK WAIT'`,
          [database],
        );
        return z.array(z.object({ id: z.unknown() })).parse(rows)[0]?.id;
      };
      const lock = (id: ConversationId) => other.query('SELECT * FROM conversation WHERE id = ? FOR UPDATE', [id]);
      const stored = async (id: ConversationId) =>
        (await store.messages(id, { after: 0, limit: 10 })).messages.map(({ message: { seq } }) => seq);
      return { store, other, waiting, lock, stored };
    }
    /** InnoDB looks at its transactions again only when nobody has asked for 100 ms. */
    const patience = { interval: 150, timeout: 30_000 };

    test('for a deadlock: the message is stored once, as if nothing had been', async () => {
      const { store, other, waiting, lock, stored } = await openWithOther();
      await other.query('START TRANSACTION');
      // Of two that wait for each other the one that has changed less is undone: that must be the store's.
      await other.query('INSERT INTO device VALUES ?', [upTo(500).map((n) => [`${n}`, 'x'])]);
      await lock(two);
      // Has the first one, and waits for the second.
      const appending = store.append([into(one), into(two)]);
      await vi.waitFor(async () => expect(await waiting()).toBeDefined(), patience);
      // Resolves only when the store's transaction has let go of it, which it never does by itself.
      await lock(one);
      await other.query('ROLLBACK');
      expect((await appending).map(({ message: { seq }, repeated }) => [seq, repeated])).toEqual([
        [2, false],
        [2, false],
      ]);
      expect([await stored(one), await stored(two)]).toEqual([
        [1, 2],
        [1, 2],
      ]);
    });

    test('for having waited too long for a lock: it waits again', async () => {
      const { store, other, waiting, lock, stored } = await openWithOther();
      await other.query('START TRANSACTION');
      await lock(one);
      const appending = store.append([into(one)]);
      const first = await vi.waitFor(async () => {
        const id = await waiting();
        expect(id).toBeDefined();
        return id;
      }, patience);
      await vi.waitFor(async () => {
        const id = await waiting();
        expect(id).toBeDefined();
        expect(id).not.toEqual(first);
      }, patience);
      await other.query('ROLLBACK');
      expect(await appending).toMatchObject([{ repeated: false, message: { seq: 2 } }]);
      expect(await stored(one)).toEqual([1, 2]);
    });

    test('because another server was faster with the same clientMessageId: its message is the answer', async () => {
      const { store, other, waiting, stored } = await openWithOther();
      const mine = { ...into(one), clientMessageId: ClientMessageId.parse('k') };
      await other.query('START TRANSACTION');
      await other.query(
        `INSERT INTO message (id, conversation_id, seq, sender_id, sender_name, content, client_message_id, sent_at, roster)
         VALUES ('theirs', ?, 2, 'ann', 'ann', 'hello', 'k', 0, 1)`,
        [two],
      );
      await other.query('UPDATE conversation SET last_seq = 2 WHERE id = ?', [two]);
      const appending = store.append([mine]);
      await vi.waitFor(async () => expect(await waiting()).toBeDefined(), patience);
      await other.query('COMMIT');
      expect(await appending).toMatchObject([{ repeated: true, message: { id: 'theirs', seq: 2 } }]);
      expect([await stored(one), await stored(two)]).toEqual([[1], [1, 2]]);
    });
  });

  describe('a connection that is cut', () => {
    let proxy: Server;
    let url: string;
    const sockets = new Set<Socket>();
    /** Looks at what the client says, and may cut both ends. */
    let onClientBytes: (bytes: Buffer) => 'pass' | 'pass, then cut' = () => 'pass';

    beforeAll(async () => {
      const target = new URL(server ?? '');
      proxy = createServer((client) => {
        const database = connect({ host: target.hostname, port: Number(target.port) });
        for (const socket of [client, database]) {
          sockets.add(socket);
          socket.on('error', () => {});
          socket.on('close', () => {
            sockets.delete(socket);
            client.destroy();
            database.destroy();
          });
        }
        client.on('data', (bytes) => {
          const verdict = onClientBytes(bytes);
          database.write(bytes, () => {
            // The database has it; its answer will never arrive.
            if (verdict === 'pass, then cut') client.destroy();
          });
        });
        database.on('data', (bytes) => client.write(bytes));
      });
      await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    });
    afterAll(() => {
      for (const socket of sockets) socket.destroy();
      proxy.close();
    });

    function throughProxy(): string {
      const fresh = new URL(freshUrl());
      const address = proxy.address();
      fresh.port = String(typeof address === 'object' && address !== null ? address.port : 0);
      return fresh.href;
    }

    test('after COMMIT was sent: the message is there once, and the sender is told so', async () => {
      url = throughProxy();
      const store = await open(url);
      await store.append([message()]);
      let cuts = 0;
      onClientBytes = (bytes) => {
        if (cuts > 0 || !bytes.includes('COMMIT')) return 'pass';
        cuts += 1;
        return 'pass, then cut';
      };
      const mine = message({ content: 'cut off' });
      const [appended] = await store.append([mine]);
      onClientBytes = () => 'pass';
      expect(cuts).toBe(1);
      expect(appended).toMatchObject({ repeated: false, message: { id: mine.id, seq: 2 } });
      const { messages } = await store.messages(GLOBAL_CONVERSATION, { after: 0, limit: 10 });
      expect(messages.map((each) => each.message.content)).toEqual(['hello', 'cut off']);
    });

    test('for good: a message is refused, nothing is stored, and the store comes back by itself', async () => {
      url = throughProxy();
      const store = await open(url);
      await store.append([message()]);
      const { port } = new URL(url);
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => proxy.close(resolve));
      await expect(store.append([message({ content: 'refused' })])).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
        retryable: true,
      });
      await expect(store.check()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
      await new Promise<void>((resolve) => proxy.listen(Number(port), '127.0.0.1', resolve));
      const [appended] = await store.append([message({ content: 'after' })]);
      expect(appended?.message.seq).toBe(2);
      await store.check();
    });
  });

  test('a wrong password is told without the password', async () => {
    const url = new URL(freshUrl());
    url.username = 'nobody';
    url.password = 'hunter2hunter2';
    const failure = await openMysqlMessageStore({ url: url.href, clock: systemClock, log: silentLog() }).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code: 'STORE_UNAVAILABLE', message: expect.stringContaining('RTD_MYSQL_URL') });
    expect(String(failure)).not.toContain('hunter2');
  });

  test('tables of the version before are brought up, with all that is in them', async () => {
    const url = freshUrl();
    const bob = UserId.parse('bob');
    const device = DeviceId.parse('phone');
    const notes = ConversationId.parse('notes');
    const mine = () => message({ senderId: bob, conversationId: notes, opening: { kind: 'group', members: [bob] } });
    const old = await open(url);
    await old.append([mine(), mine(), mine()]);
    await old.inbox(bob, device, 10);
    await old.advanceDelivered(bob, device, [{ conversationId: notes, seq: 1 }]);
    await old.close();
    const connection = await createConnection({ uri: url });
    cleanup.add(() => connection.end());
    await connection.query('DROP TABLE delivered_ahead');
    await connection.query('DELETE FROM schema_step WHERE version = 3');
    const store = await open(url);
    await store.advanceDelivered(bob, device, [{ conversationId: notes, seq: 1, ahead: [3] }]);
    const { messages } = await store.inbox(bob, device, 10);
    expect(messages.map((each) => each.message.seq)).toEqual([2]);
    const rows = async () => (await connection.query('SELECT seq FROM delivered_ahead'))[0];
    expect(await rows()).toEqual([{ seq: 3 }]);
    await store.advanceDelivered(bob, device, [{ conversationId: notes, seq: 3 }]);
    expect(await rows()).toEqual([]);
  });

  test('tables of a later version are left alone', async () => {
    const url = freshUrl();
    const store = await open(url);
    await store.close();
    const connection = await createConnection({ uri: url });
    await connection.query('INSERT INTO schema_step VALUES (999, 0)');
    await connection.end();
    await expect(openMysqlMessageStore({ url, clock: systemClock, log: silentLog() })).rejects.toMatchObject({
      message: expect.stringContaining('update the program'),
    });
  });
});

test('says what to do where there is no database server', async () => {
  await expect(
    openMysqlMessageStore({ url: 'mysql://root:root@127.0.0.1:9/x', clock: systemClock, log: silentLog() }),
  ).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', message: expect.stringContaining('start it') });
});
