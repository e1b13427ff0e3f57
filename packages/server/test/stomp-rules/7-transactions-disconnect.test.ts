/** STOMP rules 50 to 53: transactions, and the end of a connection. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { raw } from './raw-client.ts';
import { chat, contentOf, direct, newUser, RuleServer, storedContents, subscribed, VERSIONS } from './rule-server.ts';

let server: RuleServer;
beforeAll(async () => {
  server = await RuleServer.start();
});
afterEach(() => server.cutClients());
afterAll(() => server.stop());

describe.each(VERSIONS)('rule 50: BEGIN, COMMIT and ABORT need a transaction, in %s', (version) => {
  it.each([
    [raw('BEGIN')],
    [raw('COMMIT')],
    [raw('ABORT')],
    [raw('COMMIT', 'transaction:unknown')],
    [raw('ABORT', 'transaction:unknown')],
    [chat('x', 'transaction:unknown')],
    [raw('BEGIN', 'transaction:t'), raw('BEGIN', 'transaction:t')],
    [raw('BEGIN', 'transaction:t'), raw('COMMIT', 'transaction:t'), raw('COMMIT', 'transaction:t')],
    [raw('BEGIN', 'transaction:t'), raw('ABORT', 'transaction:t'), chat('x', 'transaction:t')],
  ])('%j: ERROR, close', async (...frames) => {
    const client = await server.connect(version);
    client.send(...frames);
    await client.errorThenClose();
  });

  it('a name is free again after COMMIT and after ABORT, and another connection may have the same', async () => {
    const one = await server.connect(version);
    const two = await server.connect(version);
    for (const client of [one, two]) client.send(raw('BEGIN', 'transaction:t'));
    for (const client of [one, two]) {
      client.send(raw('COMMIT', 'transaction:t'), raw('BEGIN', 'transaction:t'), raw('ABORT', 'transaction:t'));
      await client.settled();
    }
  });
});

describe.each(VERSIONS)('rule 51: nothing of it is visible before COMMIT, in %s', (version) => {
  it('COMMIT stores it as a whole, in order; the RECEIPT of COMMIT says so', async () => {
    const client = await subscribed(await server.connect(version), '/topic/messages');
    const contents = [newUser('one'), newUser('two'), newUser('three')];
    client.send(raw('BEGIN', 'transaction:t'));
    for (const content of contents) {
      client.send(chat(content, 'transaction:t', `receipt:${content}`));
      // Received, says the RECEIPT of a SEND inside.
      expect((await client.next()).headers['receipt-id']).toBe(content);
    }
    const between = newUser('between');
    client.send(chat(between));
    expect(contentOf(await client.nextOf('MESSAGE'))).toBe(between);
    for (const content of contents) expect(await storedContents(server)).not.toContain(content);

    client.send(raw('COMMIT', 'transaction:t', 'receipt:stored'));
    await client.nextOf('RECEIPT');
    expect((await storedContents(server)).slice(-3)).toEqual(contents);
    for (const content of contents) expect(contentOf(await client.nextOf('MESSAGE'))).toBe(content);
  });

  it('ABORT drops it', async () => {
    const client = await subscribed(await server.connect(version), '/topic/messages');
    const dropped = newUser('dropped');
    client.send(raw('BEGIN', 'transaction:t'), chat(dropped, 'transaction:t'), raw('ABORT', 'transaction:t'));
    const after = newUser('after');
    client.send(chat(after));
    expect(contentOf(await client.nextOf('MESSAGE'))).toBe(after);
    expect(await storedContents(server)).not.toContain(dropped);
  });

  it.each<[string, (other: string) => string]>([
    ['is not valid', () => chat('  ', 'transaction:t')],
    [
      'goes where the sender may not',
      (other) =>
        raw(
          'SEND',
          'destination:/app/chat.send',
          'transaction:t',
          '',
          JSON.stringify({ content: 'x', conversationId: other }),
        ),
    ],
  ])('one message in it that %s refuses the whole: ERROR, nothing stored, close', async (_, refused) => {
    const [alice, bob] = [newUser('alice'), newUser('bob')];
    const others = await subscribed(await server.connect(version, alice), '/user/queue/messages');
    others.send(direct(bob, 'ours'));
    const { conversationId } = JSON.parse((await others.nextOf('MESSAGE')).body);

    const client = await server.connect(version);
    const content = newUser('good');
    client.send(raw('BEGIN', 'transaction:t'), chat(content, 'transaction:t'), refused(conversationId));
    await client.settled();
    client.send(raw('COMMIT', 'transaction:t', 'receipt:r'));
    expect((await client.errorThenClose()).headers['receipt-id']).toBe('r');
    expect(await storedContents(server)).not.toContain(content);
  });

  it('two at once keep to themselves', async () => {
    const client = await server.connect(version);
    const [one, two] = [newUser('one'), newUser('two')];
    client.send(raw('BEGIN', 'transaction:1'), raw('BEGIN', 'transaction:2'));
    client.send(chat(one, 'transaction:1'), chat(two, 'transaction:2'));
    client.send(raw('ABORT', 'transaction:1'), raw('COMMIT', 'transaction:2', 'receipt:r'));
    await client.nextOf('RECEIPT');
    expect(await storedContents(server)).toContain(two);
    expect(await storedContents(server)).not.toContain(one);
  });
});

describe('rule 50 and contract, section 6: a transaction has bounds', () => {
  it('17 open at once: ERROR, close', async () => {
    const client = await server.connect('1.2');
    for (let open = 1; open <= 16; open += 1) client.send(raw('BEGIN', `transaction:${open}`));
    await client.settled().catch(() => {});
    const crowded = await server.connect('1.2');
    for (let open = 1; open <= 17; open += 1) crowded.send(raw('BEGIN', `transaction:${open}`));
    expect((await crowded.errorThenClose()).headers.code).toBe('TOO_LARGE');
  });

  it('more than 1 MiB in it: ERROR, close, nothing stored', async () => {
    const client = await server.connect('1.2');
    client.send(raw('BEGIN', 'transaction:t'));
    const content = newUser('big');
    const padding = 'p'.repeat(4_000);
    const echo = Array.from({ length: 25 }, (_, n) => `x-${n}:${padding}`);
    for (let held = 0; held < 11; held += 1) client.send(chat(content, 'transaction:t', ...echo));
    expect((await client.errorThenClose()).headers.code).toBe('TOO_LARGE');
    expect(await storedContents(server)).not.toContain(content);
  });
});

describe.each(VERSIONS)('rule 52: the end of the connection aborts it, in %s', (version) => {
  it.each<[string, 'disconnect' | 'cut']>([
    ['DISCONNECT', 'disconnect'],
    ['a lost socket', 'cut'],
  ])('%s', async (_, how) => {
    const client = await server.connect(version);
    const content = newUser('aborted');
    client.send(raw('BEGIN', 'transaction:t'), chat(content, 'transaction:t', 'receipt:held'));
    await client.nextOf('RECEIPT');
    if (how === 'cut') client.cut();
    else client.send(raw('DISCONNECT'));
    await client.closed();
    const other = await server.connect(version);
    other.send(chat('afterwards', 'receipt:r'));
    await other.nextOf('RECEIPT');
    expect(await storedContents(server)).not.toContain(content);
  });
});

describe.each(VERSIONS)('rule 53: DISCONNECT, in %s', (version) => {
  it('with receipt: RECEIPT, then close; everything before it is answered first', async () => {
    const client = await server.connect(version);
    client.send(chat('last words', 'receipt:sent') + raw('DISCONNECT', 'receipt:bye'));
    expect((await client.next()).headers['receipt-id']).toBe('sent');
    expect((await client.next()).headers['receipt-id']).toBe('bye');
    expect((await client.closed()).code).toBe(1000);
    expect(client.unread).toEqual([]);
  });

  it('without receipt: close', async () => {
    const client = await server.connect(version);
    client.send(raw('DISCONNECT'));
    expect((await client.closed()).code).toBe(1000);
    expect(client.unread).toEqual([]);
  });

  it('frames received before a drop are still processed', async () => {
    const watcher = await subscribed(await server.connect(version), '/topic/messages');
    const client = await server.connect(version);
    const contents = Array.from({ length: 5 }, () => newUser('dropped'));
    client.send(contents.map((content) => chat(content)).join(''));
    await client.leave();
    const seen: string[] = [];
    while (seen.length < 5) seen.push(contentOf(await watcher.nextOf('MESSAGE')));
    expect(seen).toEqual(contents);
  });
});
