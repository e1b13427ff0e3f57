/** Breaks one thing on the way to a real server at a time: the right check fails, under its name, and no other. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Hosted, host } from '../hosted.ts';

import { examine } from './examined.ts';
import { type FaultyProxy, faultyProxy, type Harm, withoutHeader } from './faulty-proxy.ts';

const PATIENCE = 60_000;

let server: Hosted;
beforeAll(async () => {
  server = await host();
});
afterAll(() => server[Symbol.asyncDispose]());

const isHead = (bytes: Buffer): boolean => bytes.toString('latin1', 0, 8) === 'HTTP/1.1';
const isStream = (all: Buffer): boolean => /^content-type: text\/event-stream/im.test(all.toString('latin1'));
const isUpgraded = (all: Buffer): boolean => all.toString('latin1', 0, 12) === 'HTTP/1.1 101';
/** A text frame, unmasked, of one LF. */
const HEART_BEAT = Buffer.of(0x81, 0x01, 0x0a);

interface Broken {
  readonly what: string;
  readonly harm: Harm;
  readonly fails: string;
  readonly because: RegExp;
}

const BROKEN: readonly Broken[] = [
  {
    what: 'eats Upgrade on the way there',
    harm: { there: (bytes) => withoutHeader(bytes, 'Upgrade') },
    fails: 'ws-upgrade',
    because: /on the way there something ate the header Upgrade/i,
  },
  {
    what: 'eats Upgrade and Connection, as one that knows only HTTP/1.0',
    harm: { there: (bytes) => withoutHeader(withoutHeader(bytes, 'Upgrade'), 'Connection') },
    fails: 'ws-upgrade',
    because: /on the way there something ate the header Upgrade/i,
  },
  {
    what: 'eats Sec-WebSocket-Key',
    harm: { there: (bytes) => withoutHeader(bytes, 'Sec-WebSocket-Key') },
    fails: 'ws-upgrade',
    because: /something ate the header Sec-WebSocket-Key/,
  },
  {
    what: 'eats Sec-WebSocket-Version',
    harm: { there: (bytes) => withoutHeader(bytes, 'Sec-WebSocket-Version') },
    fails: 'ws-upgrade',
    because: /something ate the header Sec-WebSocket-Version/,
  },
  {
    what: 'strips Sec-WebSocket-Accept on the way back',
    harm: { back: (bytes) => (isHead(bytes) ? withoutHeader(bytes, 'Sec-WebSocket-Accept') : bytes) },
    fails: 'ws-upgrade',
    because: /on the way back something ate the header Sec-WebSocket-Accept/i,
  },
  {
    what: 'answers handshakes out of a cache',
    harm: {
      back: (bytes) =>
        Buffer.from(
          bytes.toString('latin1').replace(/^(sec-websocket-accept: ).*$/im, '$1s3pPLMBiTxaQ9kYGzzhZRbK+xOo='),
          'latin1',
        ),
    },
    fails: 'ws-upgrade',
    because: /came back changed/,
  },
  {
    what: 'holds back everything after the 101',
    harm: { back: (bytes, all) => (!isUpgraded(all) || isHead(bytes) ? bytes : undefined) },
    fails: 'ws-frames',
    because: /black hole after the 101/,
  },
  {
    what: 'swallows heart-beats',
    harm: { back: (bytes) => (bytes.equals(HEART_BEAT) ? undefined : bytes) },
    fails: 'heart-beat',
    because: /do not come/,
  },
  {
    what: 'cuts connections that are idle for a second',
    harm: { idleMillis: 1_000 },
    fails: 'heart-beat',
    because: /broken pipe/,
  },
  {
    what: 'swallows CONNECTED',
    harm: { back: (bytes, all) => (isUpgraded(all) && bytes.includes('CONNECTED') ? undefined : bytes) },
    fails: 'stomp-connect',
    because: /nobody answers CONNECT/,
  },
  {
    what: 'swallows MESSAGE',
    harm: {
      back: (bytes, all) =>
        isUpgraded(all) && bytes.includes('MESSAGE\n')
          ? Buffer.from(bytes.toString('latin1').replace(/MESSAGE\n/, 'MISTAKE\n'), 'latin1')
          : bytes,
    },
    fails: 'stomp-receipt',
    because: /not delivered/,
  },
  {
    what: 'passes the head of an event stream on and buffers its events',
    harm: {
      back: (bytes, all) => (isStream(all) && !isHead(bytes) ? undefined : isStream(all) ? headOf(bytes) : bytes),
    },
    fails: 'sse-buffering',
    because: /a proxy buffers them/,
  },
  {
    what: 'waits for the end of an event stream',
    harm: {
      back: (bytes, all) => (isStream(all) && /^transfer-encoding/im.test(all.toString('latin1')) ? undefined : bytes),
    },
    fails: 'sse-buffering',
    because: /waits for its end/,
  },
  {
    what: 'makes the stream something else',
    harm: {
      back: (bytes) =>
        Buffer.from(bytes.toString('latin1').replace('text/event-stream', 'text/html; charset=x'), 'latin1'),
    },
    fails: 'sse',
    because: /EventSource refuses it/,
  },
  {
    what: 'lets SockJS sessions through and not what they send',
    harm: { there: (bytes) => Buffer.from(bytes.toString('latin1').replace('/xhr_send', '/xhr_sink'), 'latin1') },
    fails: 'sockjs',
    because: /What is sent is not taken/,
  },
  {
    what: 'answers polls by itself',
    harm: {
      there: (bytes) => Buffer.from(bytes.toString('latin1').replace('/api/chat/poll', '/api/chat/pull'), 'latin1'),
    },
    fails: 'polling',
    because: /refused, or cut/,
  },
  { what: 'takes connections and says nothing', harm: { blackHole: true }, fails: 'http', because: /black hole/ },
];

function headOf(bytes: Buffer): Buffer {
  return bytes.subarray(0, bytes.indexOf('\r\n\r\n') + 4);
}

describe('a proxy that', () => {
  test.for(BROKEN)(
    '$what: $fails',
    { timeout: PATIENCE, concurrent: true },
    async ({ harm, fails, because }, { expect: see }) => {
      await using proxy: FaultyProxy = await faultyProxy(server.url, harm);
      const { code, failed, check, report } = await examine(['--url', proxy.url, '--timeout', '2']);
      see(failed).toEqual([fails]);
      see(check(fails).meaning).toMatch(because);
      see(check(fails).fix).toBeTruthy();
      see(check(fails).link).toBe(`docs/troubleshooting.md#${fails}`);
      see(code).toBe(1);
      see(report.verdict.text).toMatch(new RegExp(`^${fails} fails: `));
    },
  );
});

test('through a proxy that harms nothing all is well', { timeout: PATIENCE }, async () => {
  await using proxy = await faultyProxy(server.url, {});
  const { code, failed, warned, passed, report } = await examine(['--url', proxy.url]);
  expect({ code, failed, warned, server: report.server }).toEqual({ code: 0, failed: [], warned: [], server: 'rtd' });
  for (const id of [
    'ws-upgrade',
    'ws-frames',
    'stomp-receipt',
    'heart-beat',
    'sse',
    'sse-buffering',
    'sockjs',
    'polling',
  ])
    expect(passed).toContain(id);
});

test('the message of a look goes into a conversation of its own, not into global', async () => {
  const { check } = await examine(['--url', server.url, '--only', 'stomp-receipt']);
  expect(check('stomp-receipt')).toMatchObject({ status: 'pass' });
  expect(check('stomp-receipt').evidence.asked).toContain('rtd-doctor.rtd-doctor');
  const history = await fetch(`${server.url}/api/chat/history?conversationId=global`);
  expect(await history.json()).toMatchObject({ messages: [] });
});

test('nothing listens there', async () => {
  // Reserved for nobody (IANA): nothing listens there.
  const { code, failed, check } = await examine(['--url', 'http://127.0.0.1:49151']);
  expect({ code, failed }).toEqual({ code: 1, failed: ['tcp'] });
  expect(check('tcp')).toMatchObject({
    evidence: { answered: 'ECONNREFUSED' },
    fix: expect.stringContaining('rtd start'),
  });
  expect(check('stomp-receipt')).toMatchObject({ status: 'skip', meaning: 'It says nothing while tcp fails.' });
});

test('nobody knows the name', async () => {
  const { failed } = await examine(['--url', 'http://no-such-host.invalid:8080']);
  expect(failed).toEqual(['dns']);
});

test.each([
  [502, {}, /has no server behind it/],
  [308, { location: 'https://elsewhere.example/healthz' }, /elsewhere/],
])('a front that answers %i', async (status, headers, because) => {
  const front = createServer((_request, response) => response.writeHead(status, headers).end());
  await once(front.listen(0, '127.0.0.1'), 'listening');
  const address = front.address();
  try {
    const { failed, check } = await examine([
      '--url',
      `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    ]);
    expect(failed).toEqual(['http']);
    expect(check('http').meaning).toMatch(because);
  } finally {
    front.close();
  }
});

test('a page that is not let in, and one that is', async () => {
  await using picky = await host({ env: { RTD_ALLOWED_ORIGINS: 'https://app.example.com' } });
  const only = ['--only', 'origin', '--url', picky.url];
  expect((await examine([...only, '--origin', 'https://app.example.com'])).passed).toEqual(['origin']);
  const { failed, check } = await examine([...only, '--origin', 'https://other.example.com']);
  expect(failed).toEqual(['origin']);
  expect(check('origin').fix).toContain('RTD_ALLOWED_ORIGINS=https://other.example.com');
});

test('a page opened from a file is said to be refused', async () => {
  const { check } = await examine(['--only', 'origin', '--url', server.url]);
  expect(check('origin')).toMatchObject({ status: 'pass', meaning: expect.stringContaining('opened from a file') });
});

test('a server that lacks something it can do without: readyz warns, and says which', async () => {
  // Nothing listens there: the server goes on alone.
  await using alone = await host({ env: { RTD_REDIS_URL: 'redis://127.0.0.1:49151' } });
  const { code, failed, warned, check } = await examine(['--only', 'health,readyz', '--url', alone.url]);
  expect({ code, failed, warned }).toEqual({ code: 0, failed: [], warned: ['readyz'] });
  expect(check('readyz').meaning).toMatch(/bus \(redis\): degraded/);
});

test('connections and zero active users: health warns', async () => {
  await using server = await host({ env: { RTD_LIMIT_CONNECT_SECONDS: '60' } });
  const silent = new WebSocket(`${server.url.replace('http', 'ws')}/ws`);
  await once(silent, 'open');
  try {
    const { warned, check } = await examine(['--only', 'health', '--url', server.url]);
    expect(warned).toEqual(['health']);
    expect(check('health').meaning).toMatch(/zero active users/);
  } finally {
    silent.close();
  }
});
