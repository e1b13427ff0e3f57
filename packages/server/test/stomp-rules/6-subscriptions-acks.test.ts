/** STOMP rules 41 to 49: subscriptions and acknowledgements. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type RawClient, type RawFrame, raw } from './raw-client.ts';
import {
  chat,
  contentOf,
  direct,
  newUser,
  RuleServer,
  SINCE_1_1,
  subscribed,
  VERSIONS,
  type Version,
} from './rule-server.ts';

let server: RuleServer;
beforeAll(async () => {
  server = await RuleServer.start();
});
afterEach(() => server.cutClients());
afterAll(() => server.stop());

const INBOX = '/user/queue/messages';

describe('rule 41: a subscription has an id', () => {
  it.each(SINCE_1_1)('in %s it must: ERROR, close', async (version) => {
    for (const frame of [
      raw('SUBSCRIBE', 'destination:/topic/messages'),
      raw('UNSUBSCRIBE', 'destination:/topic/messages'),
    ]) {
      const client = await server.connect(version);
      client.send(frame);
      await client.errorThenClose();
    }
  });

  it('in 1.0 it may have none: then UNSUBSCRIBE names the destination, and MESSAGE has no subscription', async () => {
    const client = await server.connect('1.0');
    client.send(raw('SUBSCRIBE', 'destination:/topic/messages', 'receipt:on'));
    await client.nextOf('RECEIPT');
    client.send(chat('without an id'));
    expect((await client.nextOf('MESSAGE')).headers.subscription).toBeUndefined();
    client.send(
      raw('UNSUBSCRIBE', 'destination:/topic/messages', 'receipt:off'),
      chat('nobody listens', 'receipt:sent'),
    );
    expect((await client.next()).headers['receipt-id']).toBe('off');
    expect((await client.next()).headers['receipt-id']).toBe('sent');
    await client.settled();
    expect(client.unread).toEqual([]);
  });

  it.each(VERSIONS)('SUBSCRIBE needs a destination, in %s: ERROR, close', async (version) => {
    const client = await server.connect(version);
    client.send(raw('SUBSCRIBE', 'id:0'));
    await client.errorThenClose();
  });

  it.each(VERSIONS)('and one that there is, in %s', async (version) => {
    for (const destination of ['/topic/nothing', '/app/chat', '/topic/conversation/a/b', '/user/queue/nothing', '']) {
      const client = await server.connect(version);
      client.send(raw('SUBSCRIBE', 'id:0', `destination:${destination}`));
      await client.errorThenClose();
    }
  });
});

describe.each(VERSIONS)('rule 42: the same id, in %s', (version) => {
  it('twice on one connection: ERROR, close', async () => {
    const client = await server.connect(version);
    client.send(
      raw('SUBSCRIBE', 'id:0', 'destination:/topic/messages'),
      raw('SUBSCRIBE', 'id:0', 'destination:/topic/typing'),
    );
    await client.errorThenClose();
  });

  it('on two connections, and again after UNSUBSCRIBE: fine', async () => {
    const one = await subscribed(await server.connect(version), '/topic/messages', 'id:0');
    const two = await subscribed(await server.connect(version), '/topic/messages', 'id:0');
    one.send(raw('UNSUBSCRIBE', 'id:0'), raw('SUBSCRIBE', 'id:0', 'destination:/topic/messages'));
    await one.settled();
    two.send(chat('to both'));
    for (const client of [one, two]) expect(contentOf(await client.nextOf('MESSAGE'))).toBe('to both');
  });
});

describe('rule 43: a denied SUBSCRIBE: ERROR, close, and not one frame of that destination leaks', () => {
  it.each(VERSIONS)('to a conversation of others, in %s', async (version) => {
    const [alice, bob] = [newUser('alice'), newUser('bob')];
    const sender = await subscribed(await server.connect(version, alice), INBOX);
    sender.send(direct(bob, 'for your eyes only'));
    const { conversationId } = JSON.parse((await sender.nextOf('MESSAGE')).body);

    const mallory = await server.connect(version);
    mallory.send(
      raw('SUBSCRIBE', 'id:0', `destination:/topic/conversation/${conversationId}`, 'after-seq:0', 'receipt:r'),
    );
    sender.send(direct(bob, 'and this'));
    const error = await mallory.errorThenClose();
    expect(error.headers).toMatchObject({ 'receipt-id': 'r', code: 'FORBIDDEN' });
    expect(error.raw).not.toContain('eyes');
  });

  it.each(VERSIONS)('to the queue of another, in %s; one’s own by name is fine', async (version) => {
    const alice = newUser('alice');
    const own = await server.connect(version, alice);
    await subscribed(own, `/user/${alice}/queue/messages`, 'id:own');
    const mallory = await server.connect(version);
    mallory.send(raw('SUBSCRIBE', 'id:0', `destination:/user/${alice}/queue/messages`));
    expect((await mallory.errorThenClose()).headers.code).toBe('FORBIDDEN');
    own.send(direct(newUser('bob'), 'mine'));
    expect((await own.nextOf('MESSAGE')).headers.destination).toBe(`/user/${alice}/queue/messages`);
  });
});

describe('rule 44: the ack mode', () => {
  it.each(VERSIONS)('is auto by default, in %s: nothing is to be acknowledged', async (version) => {
    const client = await subscribed(await server.connect(version), '/topic/messages', 'id:0');
    client.send(chat('auto'));
    const message = await client.nextOf('MESSAGE');
    expect(message.headers.ack).toBeUndefined();
    client.send(ackOf(version, message));
    await client.errorThenClose();
  });

  it.each(VERSIONS)('if unknown: ERROR, close, in %s', async (version) => {
    const client = await server.connect(version);
    client.send(raw('SUBSCRIBE', 'id:0', 'destination:/topic/messages', 'ack:AUTO'));
    await client.errorThenClose();
  });
});

describe('rule 45: in the client modes MESSAGE of 1.2 carries an ack header', () => {
  it.each(['client', 'client-individual'])('%s', async (mode) => {
    const client = await subscribed(await server.connect('1.2'), '/topic/messages', 'id:0', `ack:${mode}`);
    client.send(chat('to ack'));
    const { headers } = await client.nextOf('MESSAGE');
    expect(headers.ack).toBe(headers['message-id']);
  });

  it('1.1 has no such header', async () => {
    const client = await subscribed(await server.connect('1.1'), '/topic/messages', 'id:0', 'ack:client');
    client.send(chat('to ack'));
    expect((await client.nextOf('MESSAGE')).headers.ack).toBeUndefined();
  });
});

describe('rule 46: what ACK names', () => {
  const right: [Version, (message: RawFrame) => string[]][] = [
    ['1.2', ({ headers }) => [`id:${headers.ack}`]],
    ['1.1', ({ headers }) => [`message-id:${headers['message-id']}`, 'subscription:0']],
    ['1.0', ({ headers }) => [`message-id:${headers['message-id']}`]],
  ];
  it.each(right)('%s', async (version, headers) => {
    const client = await subscribed(await server.connect(version), '/topic/messages', 'id:0', 'ack:client');
    client.send(chat('to ack'));
    client.send(raw('ACK', ...headers(await client.nextOf('MESSAGE')), 'receipt:r'));
    expect((await client.next()).headers['receipt-id']).toBe('r');
  });

  const wrong: [Version, (message: RawFrame) => string[]][] = [
    ['1.2', ({ headers }) => [`message-id:${headers['message-id']}`, 'subscription:0']],
    ['1.1', ({ headers }) => [`message-id:${headers['message-id']}`]],
    ['1.1', ({ headers }) => [`message-id:${headers['message-id']}`, 'subscription:1']],
    ['1.0', () => []],
  ];
  it.each(wrong)('%s, wrong: ERROR, close', async (version, headers) => {
    const client = await subscribed(await server.connect(version), '/topic/messages', 'id:0', 'ack:client');
    client.send(chat('to ack'));
    client.send(raw('ACK', ...headers(await client.nextOf('MESSAGE'))));
    await client.errorThenClose();
  });
});

describe('rule 47: client acknowledges cumulatively, client-individual one by one; what is not, comes again', () => {
  /** Bob's device is sent three messages; he answers them, and comes back: what he is sent then. */
  async function redelivered(
    version: Version,
    mode: string,
    answer: (messages: RawFrame[]) => string[],
  ): Promise<string[]> {
    const bob = newUser('bob');
    const sender = await server.connect(version);
    const first = await subscribed(await server.connect(version, bob), INBOX, 'id:0', `ack:${mode}`);
    for (const content of ['one', 'two', 'three']) sender.send(direct(bob, content));
    const messages = [await first.nextOf('MESSAGE'), await first.nextOf('MESSAGE'), await first.nextOf('MESSAGE')];
    expect(messages.map(contentOf)).toEqual(['one', 'two', 'three']);
    first.send(...answer(messages));
    await first.settled();
    await first.leave();
    const second = await subscribed(await server.connect(version, bob), INBOX, 'id:0', `ack:${mode}`);
    sender.send(direct(bob, 'last'));
    const contents: string[] = [];
    while (contents.at(-1) !== 'last') contents.push(contentOf(await second.nextOf('MESSAGE')));
    return contents;
  }

  const at = (messages: RawFrame[], index: number): RawFrame => {
    const message = messages[index];
    if (message === undefined) throw new Error('too few messages');
    return message;
  };

  describe.each(VERSIONS)('%s', (version) => {
    it('client: an ACK of the second is one of the first too', async () => {
      const again = await redelivered(version, 'client', (sent) => [ackOf(version, at(sent, 1))]);
      expect(again).toEqual(['three', 'last']);
    });

    it('client-individual: an ACK of the first says nothing of the others', async () => {
      const again = await redelivered(version, 'client-individual', (sent) => [ackOf(version, at(sent, 0))]);
      expect(again).toEqual(['two', 'three', 'last']);
    });

    it('client-individual: an ACK of the second is one of it alone', async () => {
      const again = await redelivered(version, 'client-individual', (sent) => [ackOf(version, at(sent, 1))]);
      expect(again).toEqual(['one', 'three', 'last']);
    });

    it('client-individual: all acknowledged, in any order', async () => {
      const again = await redelivered(version, 'client-individual', (sent) =>
        [2, 0, 1].map((n) => ackOf(version, at(sent, n))),
      );
      expect(again).toEqual(['last']);
    });

    it('auto: handed over is delivered', async () => {
      expect(await redelivered(version, 'auto', () => [])).toEqual(['last']);
    });

    it('nothing acknowledged: everything comes again', async () => {
      expect(await redelivered(version, 'client', () => [])).toEqual(['one', 'two', 'three', 'last']);
    });
  });

  it.each(SINCE_1_1)('NACK of %s: not delivered, comes again', async (version) => {
    const again = await redelivered(version, 'client-individual', (sent) => [
      ackOf(version, at(sent, 0)),
      ackOf(version, at(sent, 1)).replace('ACK', 'NACK'),
    ]);
    expect(again).toEqual(['two', 'three', 'last']);
  });

  it.each(SINCE_1_1)('an ACK in a transaction of %s counts at COMMIT, and not after ABORT', async (version) => {
    for (const [end, expected] of [
      ['COMMIT', ['last']],
      ['ABORT', ['one', 'two', 'three', 'last']],
    ] as const) {
      const again = await redelivered(version, 'client', (sent) => [
        raw('BEGIN', 'transaction:t'),
        ackOf(version, at(sent, 2)).replace('\n\n', '\ntransaction:t\n\n'),
        raw(end, 'transaction:t'),
      ]);
      expect(again).toEqual(expected);
    }
  });

  it('delivery is kept a device', async () => {
    const bob = newUser('bob');
    const inboxOf = async (device: string): Promise<RawClient> =>
      subscribed(await server.connect('1.2', bob, `device:${device}`), INBOX);
    for (const device of ['phone', 'laptop']) await (await inboxOf(device)).leave();
    const sender = await server.connect('1.2');
    sender.send(direct(bob, 'while you were away'));
    await sender.settled();
    for (const device of ['phone', 'laptop']) {
      expect(contentOf(await (await inboxOf(device)).nextOf('MESSAGE'))).toBe('while you were away');
    }
  });
});

describe.each(VERSIONS)(
  'rule 48: an ack id that is no longer, was never, or is another’s: ERROR, close, in %s',
  (version) => {
    async function oneMessage(): Promise<[RawClient, RawFrame]> {
      const client = await subscribed(
        await server.connect(version),
        '/topic/messages',
        'id:0',
        'ack:client-individual',
      );
      client.send(chat('to ack'));
      return [client, await client.nextOf('MESSAGE')];
    }

    it('repeated', async () => {
      const [client, message] = await oneMessage();
      client.send(ackOf(version, message), ackOf(version, message));
      await client.errorThenClose();
    });

    it('unknown', async () => {
      const [client, message] = await oneMessage();
      client.send(ackOf(version, message).replaceAll(message.headers['message-id'] ?? '', 'no-such-id'));
      await client.errorThenClose();
    });

    it('foreign', async () => {
      const [, message] = await oneMessage();
      const other = await subscribed(await server.connect(version), '/topic/typing', 'id:0', 'ack:client-individual');
      other.send(ackOf(version, message));
      await other.errorThenClose();
    });

    it('of a subscription that has ended', async () => {
      const [client, message] = await oneMessage();
      client.send(raw('UNSUBSCRIBE', 'id:0'), ackOf(version, message));
      await client.errorThenClose();
    });
  },
);

describe.each(VERSIONS)('rule 49: UNSUBSCRIBE, in %s', (version) => {
  it('of an unknown id: ERROR, close', async () => {
    const client = await subscribed(await server.connect(version), '/topic/messages', 'id:0');
    client.send(raw('UNSUBSCRIBE', 'id:1', 'receipt:r'));
    expect((await client.errorThenClose()).headers['receipt-id']).toBe('r');
  });

  it('after its RECEIPT no MESSAGE of it arrives, whatever is being sent meanwhile', async () => {
    const sender = await server.connect(version);
    const client = await server.connect(version);
    for (let round = 0; round < 12; round += 1) {
      client.send(raw('SUBSCRIBE', `id:${round}`, 'destination:/topic/messages'));
      await client.settled();
      sender.send(chat(`a ${round}`), chat(`b ${round}`));
      client.send(raw('UNSUBSCRIBE', `id:${round}`, `receipt:off-${round}`));
      sender.send(chat(`c ${round}`));
      const receipt = await client.nextOf('RECEIPT');
      expect(receipt.headers['receipt-id']).toBe(`off-${round}`);
      const before = client.unread.length;
      await sender.settled();
      await client.settled();
      expect(client.unread.slice(before)).toEqual([]);
    }
  });
});

/** The ACK of a message, as each version names it. */
function ackOf(version: Version, { headers }: RawFrame): string {
  if (version === '1.2') return raw('ACK', `id:${headers.ack ?? headers['message-id']}`);
  return raw('ACK', `message-id:${headers['message-id']}`, `subscription:${headers.subscription}`);
}
