/** STOMP rules 31 to 40: SEND, MESSAGE, RECEIPT and ERROR. */
import { ErrorNotice } from '@rtd/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { raw } from './raw-client.ts';
import {
  chat,
  contentOf,
  newUser,
  RuleServer,
  SINCE_1_1,
  storedContents,
  subscribed,
  VERSIONS,
} from './rule-server.ts';

let server: RuleServer;
beforeAll(async () => {
  server = await RuleServer.start();
});
afterEach(() => server.cutClients());
afterAll(() => server.stop());

describe.each(VERSIONS)('rule 31: SEND needs a destination that there is, in %s', (version) => {
  it.each([[], ['destination:/app/nothing'], ['destination:/topic/messages'], ['destination:'], ['destination:chat']])(
    '%s: ERROR, close',
    async (...destination) => {
      const client = await server.connect(version);
      client.send(raw('SEND', ...destination.flat(), 'receipt:r', '', '{"content":"x"}'));
      expect((await client.errorThenClose()).headers['receipt-id']).toBe('r');
    },
  );
});

it.each(VERSIONS)(
  'rule 32: x- headers pass through; what the server sets cannot be spoofed, in %s',
  async (version) => {
    const client = await subscribed(await server.connect(version), '/topic/messages', 'id:mine');
    client.send(
      chat(
        'spoof',
        'x-trace:t-1',
        'trace:t-2',
        'message-id:spoofed',
        'subscription:spoofed',
        'ack:spoofed',
        'content-type:text/spoofed',
        'user-name:spoofed',
        'after-seq:1',
      ),
    );
    const message = await client.nextOf('MESSAGE');
    expect(message.raw).not.toMatch(/spoofed|t-2|after-seq/);
    expect(message.headers).toMatchObject({ 'x-trace': 't-1', subscription: 'mine', destination: '/topic/messages' });
  },
);

it.each(VERSIONS)('rule 33: MESSAGE has destination, message-id and subscription, in %s', async (version) => {
  const client = await server.connect(version);
  // MESSAGE names the destination as the client did.
  await subscribed(client, '/topic/messages', 'id:one');
  await subscribed(client, '/topic/chat', 'id:two');
  client.send(chat('twice'));
  const messages = [await client.nextOf('MESSAGE'), await client.nextOf('MESSAGE')];
  const seen = messages.map(({ headers }) => [headers.subscription, headers.destination]);
  expect(seen.sort()).toEqual([
    ['one', '/topic/messages'],
    ['two', '/topic/chat'],
  ]);
  for (const { headers, body } of messages) expect(headers['message-id']).toBe(JSON.parse(body).id);
});

it.each(VERSIONS)('rule 34: every frame with a body has content-length and content-type, in %s', async (version) => {
  const client = await subscribed(await server.connect(version), '/topic/messages');
  client.send(chat('žluťoučký'));
  const message = await client.nextOf('MESSAGE');
  client.send(raw('NONSENSE'));
  const error = await client.nextOf('ERROR');
  for (const { headers, body } of [message, error]) {
    expect(headers['content-length']).toBe(String(Buffer.byteLength(body)));
    expect(Buffer.byteLength(body)).toBeGreaterThan(0);
  }
  expect(message.headers['content-type']).toBe('application/json');
  expect(error.headers['content-type']).toMatch(/^text\/plain/);
});

describe('rule 35: receipt on any frame but CONNECT: one RECEIPT, once the frame was processed', () => {
  it.each(VERSIONS)('each frame of %s', async (version) => {
    const client = await server.connect(version, newUser(), 'receipt:connect');
    client.send(
      raw('BEGIN', 'transaction:t', 'receipt:begin'),
      chat('in it', 'transaction:t', 'receipt:held'),
      raw('COMMIT', 'transaction:t', 'receipt:commit'),
      raw('BEGIN', 'transaction:t', 'receipt:again'),
      raw('ABORT', 'transaction:t', 'receipt:abort'),
      raw('SUBSCRIBE', 'id:s', 'destination:/topic/typing', 'receipt:subscribe'),
      chat('out of it', 'receipt:send'),
      raw('UNSUBSCRIBE', 'id:s', 'receipt:unsubscribe'),
      raw('DISCONNECT', 'receipt:disconnect'),
    );
    const receipts: (string | undefined)[] = [];
    while (receipts.at(-1) !== 'disconnect') {
      const frame = await client.next();
      expect(frame.raw).toBe(`RECEIPT\nreceipt-id:${frame.headers['receipt-id']}\n\n\0`);
      receipts.push(frame.headers['receipt-id']);
    }
    expect(receipts).toEqual([
      'begin',
      'held',
      'commit',
      'again',
      'abort',
      'subscribe',
      'send',
      'unsubscribe',
      'disconnect',
    ]);
  });

  it('of a chat SEND means: committed to the store', async () => {
    const client = await server.connect('1.2');
    const contents = Array.from({ length: 20 }, () => newUser('stored'));
    for (const content of contents) {
      client.send(chat(content, `receipt:${content}`));
      expect((await client.next()).headers['receipt-id']).toBe(content);
      expect(await storedContents(server)).toContain(content);
    }
  });

  it('a receipt header is escaped in 1.2 as it was sent', async () => {
    const client = await server.connect('1.2');
    client.send(raw('BEGIN', 'transaction:t', 'receipt:a\\cb\\nc'));
    expect((await client.next()).raw).toBe('RECEIPT\nreceipt-id:a\\cb\\nc\n\n\0');
  });
});

it.each(VERSIONS)(
  'rule 36: a RECEIPT says that every earlier frame was received; they come in order, in %s',
  async (version) => {
    const client = await subscribed(await server.connect(version), '/topic/messages');
    const contents = Array.from({ length: 30 }, () => newUser('ordered'));
    // All at once, a quick one after each slow one.
    const quick = (n: number): string => raw(n % 2 === 0 ? 'BEGIN' : 'ABORT', 'transaction:t', `receipt:quick-${n}`);
    client.send(contents.map((content, n) => chat(content, `receipt:${n}`) + quick(n)).join(''));
    const receipts: (string | undefined)[] = [];
    while (receipts.length < 60) receipts.push((await client.nextOf('RECEIPT')).headers['receipt-id']);
    expect(receipts).toEqual(contents.flatMap((_, n) => [String(n), `quick-${n}`]));
    const messages: string[] = [];
    while (messages.length < 30) messages.push(contentOf(await client.nextOf('MESSAGE')));
    expect(messages).toEqual(contents);
  },
);

it.each(VERSIONS)(
  'rule 37: ERROR repeats the receipt-id and has a message; a failed frame gets no RECEIPT, in %s',
  async (version) => {
    const client = await server.connect(version);
    client.send(raw('COMMIT', 'transaction:never-begun', 'receipt:r-1'));
    const error = await client.errorThenClose();
    expect(error.headers['receipt-id']).toBe('r-1');
    expect(error.headers.message).not.toBe('');
  },
);

describe.each(VERSIONS)(
  'rule 38: the connection closes straight after ERROR; what follows is not read, in %s',
  (version) => {
    it.each([
      ['a command that there is not', raw('NONSENSE')],
      ['what is no frame', 'SEND\nnonsense\n\n\0'],
    ])('%s', async (_, breach) => {
      const client = await server.connect(version);
      const content = newUser('after-error');
      client.send(`${chat('before', 'receipt:before')}${breach}${chat(content, 'receipt:after')}`);
      // What came before the breach is answered before it.
      expect((await client.next()).headers['receipt-id']).toBe('before');
      await client.errorThenClose();
      expect(await storedContents(server)).not.toContain(content);
    });
  },
);

it.each(VERSIONS)('rule 39: an unknown command: ERROR, close, in %s', async (version) => {
  for (const command of ['NONSENSE', 'MESSAGE', 'CONNECTED', 'RECEIPT', 'GET / HTTP/1.1']) {
    const client = await server.connect(version);
    client.send(raw(command, 'receipt:r'));
    expect((await client.errorThenClose()).headers['receipt-id']).toBe('r');
  }
});

it('rule 39: NACK is unknown to 1.0', async () => {
  const client = await server.connect('1.0');
  client.send(raw('NACK', 'message-id:0', 'subscription:0'));
  await client.errorThenClose();
});

describe('rule 40: too many headers, too long a line, too large a body: ERROR, close', () => {
  const many = Array.from({ length: 64 }, (_, n) => `x-${n}:v`);
  it.each<[string, string]>([
    ['65 headers', chat('x', ...many)],
    ['a line over 4 KiB', chat('x', `x-long:${'v'.repeat(4_096)}`)],
    ['a body over 128 KiB', chat('x'.repeat(131_072))],
    ['a body over 128 KiB, in WebSocket messages of 64 KiB', chat('y'.repeat(131_072))],
    ['a body over 128 KiB, as it says itself', raw('SEND', 'destination:/app/chat', 'content-length:131073', '', 'x')],
  ])('%s', async (what, frame) => {
    const client = await server.connect('1.2');
    if (what.includes('64 KiB'))
      client.send(frame.slice(0, 65_536), frame.slice(65_536, 131_072), frame.slice(131_072));
    else client.send(frame);
    const error = await client.errorThenClose();
    expect(error.headers.code).toBe('TOO_LARGE');
    expect((await client.closed()).code).toBe(1009);
  });

  it('64 headers and lines of 4 KiB are not too much', async () => {
    const client = await subscribed(await server.connect('1.2'), '/topic/messages');
    client.send(chat('enough', ...many.slice(0, 62), `x-long:${'v'.repeat(4_089)}`));
    expect((await client.nextOf('MESSAGE')).headers['x-long']).toHaveLength(4_089);
  });

  it('8 KiB are enough before CONNECTED: more is ERROR, close', async () => {
    const client = await server.open();
    const lines = Array.from({ length: 40 }, (_, n) => `x-${n}:${'v'.repeat(250)}`);
    client.send(raw('CONNECT', 'accept-version:1.2', 'host:rtd', ...lines));
    expect((await client.errorThenClose()).headers.code).toBe('TOO_LARGE');
  });
});

describe('a well formed SEND that the application refuses is no error of the protocol', () => {
  it.each(VERSIONS)(
    'it goes to /user/queue/errors, the connection stays, there is no RECEIPT, in %s',
    async (version) => {
      const client = await subscribed(await server.connect(version), '/user/queue/errors', 'id:errors');
      const refused: [string, string][] = [
        ['{"content":"  "}', 'VALIDATION'],
        [`{"content":"${'x'.repeat(4_001)}"}`, 'VALIDATION'],
        ['{"content":"cut', 'VALIDATION'],
        ['[]', 'VALIDATION'],
      ];
      for (const [body, code] of refused) {
        client.send(raw('SEND', 'destination:/app/chat', 'receipt:never', '', body));
        const notice = await client.next();
        expect(notice.headers).toMatchObject({ destination: '/user/queue/errors', subscription: 'errors' });
        expect(ErrorNotice.parse(JSON.parse(notice.body))).toMatchObject({
          code,
          destination: '/app/chat',
          retryable: false,
        });
      }
      client.send(chat('and on it goes', 'receipt:yes'));
      expect((await client.next()).headers['receipt-id']).toBe('yes');
    },
  );

  it('the notice names the message by its clientMessageId', async () => {
    const client = await subscribed(await server.connect('1.2'), '/user/queue/errors');
    client.send(raw('SEND', 'destination:/app/chat', '', '{"content":"","clientMessageId":"c-1"}'));
    expect(JSON.parse((await client.next()).body)).toMatchObject({ code: 'VALIDATION', clientMessageId: 'c-1' });
  });

  it('too many a second: RATE_LIMITED, with the time to wait; those before are stored', async () => {
    const client = await subscribed(await server.connect('1.2'), '/user/queue/errors');
    const contents = Array.from({ length: 45 }, () => newUser('fast'));
    client.send(contents.map((content) => chat(content, `receipt:${content}`)).join(''));
    await client.settled();
    const receipts = client.unread
      .filter(({ command }) => command === 'RECEIPT')
      .map(({ headers }) => headers['receipt-id']);
    const notices = client.unread.filter(({ command }) => command === 'MESSAGE').map(({ body }) => JSON.parse(body));
    expect(receipts.length + notices.length).toBe(45);
    expect(receipts.length).toBeGreaterThanOrEqual(40);
    expect(notices.length).toBeGreaterThan(0);
    for (const notice of notices) expect(notice).toMatchObject({ code: 'RATE_LIMITED', retryable: true });
    expect(notices[0].retryAfterMillis).toBeGreaterThan(0);
    expect(await storedContents(server)).toEqual(expect.arrayContaining(receipts));
  });

  it.each(SINCE_1_1)('who does not listen for errors is not disturbed by them, in %s', async (version) => {
    const client = await server.connect(version);
    client.send(chat('', 'receipt:never'));
    await client.settled();
    expect(client.unread).toEqual([]);
  });
});
