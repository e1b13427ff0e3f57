/** STOMP rules 16 to 24: what a frame is. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { raw } from './raw-client.ts';
import { chat, contentOf, newUser, RuleServer, SINCE_1_1, subscribed, VERSIONS } from './rule-server.ts';

let server: RuleServer;
beforeAll(async () => {
  server = await RuleServer.start();
});
afterEach(() => server.cutClients());
afterAll(() => server.stop());

describe('rule 16: CRLF is accepted wherever LF is, EOLs between frames are ignored', () => {
  it('in 1.2, CONNECT included', async () => {
    const client = await server.open();
    client.send('\r\n\nCONNECT\r\naccept-version:1.2\r\nhost:rtd\r\n\r\n\0\r\n\n\r\n');
    expect((await client.next()).headers.version).toBe('1.2');
    client.send('\nSUBSCRIBE\r\nid:0\ndestination:/topic/messages\r\nreceipt:r\r\n\r\n\0\r\n\r\n');
    expect((await client.next()).raw).toBe('RECEIPT\nreceipt-id:r\n\n\0');
  });

  it.each(VERSIONS)('EOLs between frames, in %s', async (version) => {
    const client = await server.connect(version);
    client.send(
      `\n\n${raw('BEGIN', 'transaction:t', 'receipt:1')}\n\n\n${raw('ABORT', 'transaction:t', 'receipt:2')}\n`,
    );
    expect((await client.next()).headers['receipt-id']).toBe('1');
    expect((await client.next()).headers['receipt-id']).toBe('2');
  });
});

it.each(VERSIONS)(
  'rule 17: content-length counts octets, and NULs inside the body are kept, in %s',
  async (version) => {
    const client = await subscribed(await server.connect(version), '/topic/messages');
    // Eleven characters, fifteen octets; JSON of a NUL is six more characters, so the NUL here is between the tokens: not JSON.
    const body = JSON.stringify({ content: 'čau 🌍' });
    client.send(raw('SEND', 'destination:/app/chat', `content-length:${Buffer.byteLength(body)}`, '', body));
    expect(contentOf(await client.nextOf('MESSAGE'))).toBe('čau 🌍');

    await subscribed(client, '/user/queue/errors');
    const withNul = '{"content":\0"x"}';
    client.send(raw('SEND', 'destination:/app/chat', `content-length:${withNul.length}`, '', withNul));
    // The NUL did not end the frame: it reached the one who reads JSON.
    expect((await client.nextOf('MESSAGE')).body).toContain('must be JSON');
    await client.settled();
  },
);

it.each(VERSIONS)('rule 18: the octet after a counted body is not NUL: ERROR, close, in %s', async (version) => {
  const client = await server.connect(version);
  client.send(raw('SEND', 'destination:/app/chat', 'content-length:3', '', '{"content":"x"}'));
  await client.errorThenClose();
});

it.each(VERSIONS)('rule 19: without content-length the body ends at the first NUL, in %s', async (version) => {
  const client = await subscribed(await server.connect(version), '/topic/messages');
  const content = newUser('body');
  client.send(`${chat(content)}${raw('BEGIN', 'transaction:t', 'receipt:after')}`);
  expect(contentOf(await client.nextOf('MESSAGE'))).toBe(content);
  expect((await client.nextOf('RECEIPT')).headers['receipt-id']).toBe('after');
});

it.each(['-1', 'ten', '1e3', '+3', '3 ', ' 3', '', '131073', '99999999999', '9'.repeat(40)])(
  'rule 20: content-length:%s is negative, no number or over the limit: ERROR, close, nothing buffered',
  async (length) => {
    const client = await server.connect('1.2');
    // Not one octet of the body is sent: the head alone is refused.
    client.send(`SEND\ndestination:/app/chat\nreceipt:r\ncontent-length:${length}\n\n`);
    expect((await client.errorThenClose()).headers['receipt-id']).toBe('r');
  },
);

describe('rule 21: frames and WebSocket messages need not match', () => {
  it('one frame over many messages', async () => {
    const client = await subscribed(await server.connect('1.2'), '/topic/messages');
    const content = newUser('pieces');
    client.send(...chat(content));
    expect(contentOf(await client.nextOf('MESSAGE'))).toBe(content);
  });

  it('many frames in one message, the last of them begun only', async () => {
    const client = await server.connect('1.2');
    const frames = ['1', '2', '3'].map((n) => raw('BEGIN', `transaction:${n}`, `receipt:${n}`)).join('');
    client.send(`${frames}ABORT\ntransac`, 'tion:1\nreceipt:4\n\n\0');
    for (const receipt of ['1', '2', '3', '4']) expect((await client.next()).headers['receipt-id']).toBe(receipt);
  });

  it('many frames in one message that is larger than a frame may be', async () => {
    const client = await server.connect('1.2');
    const frames = Array.from({ length: 5_000 }, () => raw('SEND', 'destination:/app/user.connect')).join('');
    expect(frames.length).toBeGreaterThan(131_072);
    client.send(`${frames}${raw('BEGIN', 'transaction:t', 'receipt:last')}`);
    expect((await client.next()).headers['receipt-id']).toBe('last');
  });

  it('text is answered with text, and binary with binary', async () => {
    for (const binary of [false, true]) {
      const client = await server.open();
      const encode = (text: string): string | Uint8Array => (binary ? Buffer.from(text) : text);
      client.send(encode(raw('CONNECT', 'accept-version:1.2', 'host:rtd')));
      expect(await client.next()).toMatchObject({ command: 'CONNECTED', binary });
      await subscribed(client, '/topic/messages');
      const content = newUser('kind');
      client.send(encode(chat(content)));
      const message = await client.nextOf('MESSAGE');
      expect(message.binary).toBe(binary);
      expect(contentOf(message)).toBe(content);
    }
  });

  it('text and binary messages mixed, within one frame too', async () => {
    const client = await subscribed(await server.connect('1.2'), '/topic/messages');
    const frame = Buffer.from(chat('mixed ✓'));
    client.send(frame.subarray(0, 30), frame.subarray(30).toString());
    expect(contentOf(await client.nextOf('MESSAGE'))).toBe('mixed ✓');
  });
});

describe('rule 22: a body on a frame other than SEND: ERROR, close', () => {
  it.each([
    raw('SUBSCRIBE', 'id:0', 'destination:/topic/messages', '', 'body'),
    raw('UNSUBSCRIBE', 'id:0', '', 'body'),
    raw('BEGIN', 'transaction:t', '', 'body'),
    raw('COMMIT', 'transaction:t', '', 'body'),
    raw('ABORT', 'transaction:t', '', 'body'),
    raw('ACK', 'id:0', '', 'body'),
    raw('NACK', 'id:0', '', 'body'),
    raw('DISCONNECT', '', 'body'),
    raw('BEGIN', 'transaction:t', 'content-length:4', '', 'body'),
  ])('%j', async (frame) => {
    const client = await server.connect('1.2');
    client.send(frame);
    await client.errorThenClose();
  });

  it('CONNECT', async () => {
    const client = await server.open();
    client.send(raw('CONNECT', 'accept-version:1.2', 'host:rtd', '', 'body'));
    await client.errorThenClose();
  });

  it('a content-length of 0 is no body', async () => {
    const client = await server.connect('1.2');
    client.send(raw('BEGIN', 'transaction:t', 'content-length:0', 'receipt:r'));
    expect((await client.next()).command).toBe('RECEIPT');
  });
});

describe.each(VERSIONS)('rule 23: commands and header names are case-sensitive, in %s', (version) => {
  it.each([raw('send', 'destination:/app/chat', '', '{"content":"x"}'), raw('Begin', 'transaction:t')])(
    '%j: ERROR',
    async (frame) => {
      const client = await server.connect(version);
      client.send(frame);
      await client.errorThenClose();
    },
  );

  it('Destination is not destination', async () => {
    const client = await server.connect(version);
    client.send(raw('SEND', 'Destination:/app/chat', '', '{"content":"x"}'));
    await client.errorThenClose();
  });

  it('Receipt is not receipt', async () => {
    const client = await server.connect(version);
    client.send(raw('BEGIN', 'transaction:t', 'Receipt:r'));
    await client.settled();
    expect(client.unread).toEqual([]);
  });
});

describe('rule 24: everything is UTF-8, and headers are name:value', () => {
  it.each(VERSIONS)('any Unicode in a body and in a header, in %s', async (version) => {
    const client = await subscribed(await server.connect(version), '/topic/messages');
    client.send(chat('日本語 🎌 \u0301', 'x-note:Straße 🚀'));
    const message = await client.nextOf('MESSAGE');
    expect(contentOf(message)).toBe('日本語 🎌 \u0301');
    expect(message.headers['x-note']).toBe('Straße 🚀');
  });

  const head = 'SEND\ndestination:/app/chat\n';
  it.each<[string, string | Uint8Array]>([
    [
      'invalid UTF-8 in a header',
      Buffer.concat([Buffer.from(`${head}x-a:`), Buffer.of(0xc3, 0x28), Buffer.from('\n\n{"content":"x"}\0')]),
    ],
    [
      'invalid UTF-8 in a body',
      Buffer.concat([Buffer.from(`${head}\n{"content":"`), Buffer.of(0xff), Buffer.from('"}\0')]),
    ],
    [
      'an overlong encoding',
      Buffer.concat([Buffer.from(`${head}\n{"content":"`), Buffer.of(0xc0, 0xaf), Buffer.from('"}\0')]),
    ],
    ['a header line without a colon', `${head}nonsense\n\n{"content":"x"}\0`],
    ['an empty header name', `${head}:value\n\n{"content":"x"}\0`],
  ])('%s: ERROR, close', async (_, frame) => {
    const client = await server.connect('1.2');
    client.send(frame);
    await client.errorThenClose();
  });

  it.each(SINCE_1_1)('an empty header value is one, in %s', async (version) => {
    const client = await subscribed(await server.connect(version), '/topic/messages');
    client.send(chat('empty', 'x-empty:'));
    expect((await client.nextOf('MESSAGE')).headers['x-empty']).toBe('');
  });
});
