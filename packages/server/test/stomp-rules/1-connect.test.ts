/** STOMP rules 1 to 10: connecting. */
import { request } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ManualClock } from '../manual-clock.ts';
import { raw } from './raw-client.ts';
import { newUser, RuleServer, VERSIONS } from './rule-server.ts';

let server: RuleServer;
beforeAll(async () => {
  server = await RuleServer.start();
});
afterEach(() => server.cutClients());
afterAll(() => server.stop());

/** The subprotocol that the upgrade is answered with; undefined where the answer has none. */
function chosenSubprotocol(offered: string | undefined): Promise<string | undefined> {
  const upgrade = request(`${server.url}/ws`, {
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      ...(offered === undefined ? {} : { 'sec-websocket-protocol': offered }),
    },
  }).end();
  return new Promise((resolve, reject) => {
    upgrade.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve(response.headers['sec-websocket-protocol']);
    });
    upgrade.on('error', reject);
  });
}

describe('rule 1: the upgrade is answered with exactly one offered subprotocol, the highest', () => {
  it.each([
    ['v10.stomp, v11.stomp, v12.stomp', 'v12.stomp'],
    ['v12.stomp, v11.stomp', 'v12.stomp'],
    ['v10.stomp, v11.stomp', 'v11.stomp'],
    ['v10.stomp', 'v10.stomp'],
    ['mqtt, v11.stomp', 'v11.stomp'],
    ['mqtt', undefined],
    [undefined, undefined],
  ])('%s -> %s', async (offered, chosen) => {
    expect(await chosenSubprotocol(offered)).toBe(chosen);
  });

  it('none offered: still served', async () => {
    const client = await server.open({ protocols: [] });
    expect(client.protocol).toBe('');
    client.send(raw('CONNECT', 'accept-version:1.2', 'host:rtd'));
    expect((await client.next()).command).toBe('CONNECTED');
  });
});

it.each(['CONNECT', 'STOMP'])('rule 2: %s opens a session of 1.2', async (command) => {
  const client = await server.open();
  client.send(raw(command, 'accept-version:1.2', 'host:rtd'));
  const connected = await client.next();
  expect(connected.command).toBe('CONNECTED');
  expect(connected.headers.version).toBe('1.2');
});

it('rule 3: without accept-version it is 1.0', async () => {
  const client = await server.open();
  client.send(raw('CONNECT'));
  expect((await client.next()).headers.version).toBe('1.0');
});

describe('rule 4: the highest common version wins', () => {
  it.each([
    ['1.0,1.1,1.2', '1.2'],
    ['1.2,1.1,1.0', '1.2'],
    ['1.1,1.0', '1.1'],
    ['1.0', '1.0'],
    ['2.0,1.1,1.3', '1.1'],
  ])('%s -> %s', async (accepted, version) => {
    const client = await server.open();
    client.send(raw('CONNECT', `accept-version:${accepted}`, 'host:rtd'));
    expect((await client.next()).headers.version).toBe(version);
  });
});

it.each(['2.0', '1.3,0.9', ''])(
  'rule 5: accept-version:%s has nothing in common: ERROR lists ours, close',
  async (accepted) => {
    const client = await server.open();
    client.send(raw('CONNECT', `accept-version:${accepted}`, 'host:rtd'));
    const error = await client.errorThenClose();
    expect(error.headers.version).toBe('1.2,1.1,1.0');
  },
);

it.each(VERSIONS)('rule 6: CONNECTED of %s has version, session, server, heart-beat and user-name', async (version) => {
  const user = newUser('alice');
  const sessions = new Set<string | undefined>();
  for (let connection = 0; connection < 2; connection += 1) {
    const client = await server.open();
    client.send(raw('CONNECT', `accept-version:${version}`, 'host:rtd', `login:${user}`));
    const { headers, body } = await client.next();
    expect(headers).toMatchObject({ version, 'heart-beat': '10000,10000', 'user-name': user });
    expect(headers.server).toMatch(/^RTD/);
    expect(headers.session).toMatch(/^\w{16,}$/);
    expect(body).toBe('');
    sessions.add(headers.session);
  }
  expect(sessions.size).toBe(2);
});

it.each([[], ['host:'], ['host:example.org'], ['host:no such host']])(
  'rule 7: host may be anything: %s',
  async (...host) => {
    const client = await server.open();
    client.send(raw('CONNECT', 'accept-version:1.2', ...host.flat()));
    expect((await client.next()).command).toBe('CONNECTED');
  },
);

describe('rule 8: bad credentials', () => {
  let guarded: RuleServer;
  beforeAll(async () => {
    const secret = 'a secret of more than thirty-two octets, for tests';
    guarded = await RuleServer.start({ config: { auth: { mode: 'jwt', secret, jwksUrl: undefined } } });
  });
  afterAll(() => guarded.stop());

  it('ERROR, close; the same text whatever was wrong; the token is never logged', async () => {
    const token = `eyJhbGciOiJub25lIn0.${Buffer.from('{"sub":"mallory"}').toString('base64url')}.`;
    const answers = new Set<string>();
    for (const credentials of [
      [],
      ['login:alice', 'passcode:hunter2hunter2'],
      ['X-User-Id:alice'],
      ['Authorization:Basic aHVudGVyMg=='],
      ['Authorization:Bearer hunter2hunter2'],
      [`Authorization:Bearer ${token}`],
    ]) {
      const client = await guarded.open();
      client.send(raw('CONNECT', 'accept-version:1.2', 'host:rtd', ...credentials));
      answers.add((await client.errorThenClose()).raw);
    }
    expect(answers.size).toBe(1);
    for (const secret of ['hunter2', 'aHVudGVyMg', token]) expect(guarded.log).not.toContain(secret);
  });
});

describe('rule 9: CONNECT comes first, once, and soon', () => {
  it.each([
    raw('SEND', 'destination:/app/chat', '', '{"content":"hi"}'),
    raw('SUBSCRIBE', 'id:0', 'destination:/topic/messages'),
    raw('UNSUBSCRIBE', 'id:0'),
    raw('ACK', 'id:0'),
    raw('BEGIN', 'transaction:t'),
    raw('DISCONNECT', 'receipt:bye'),
  ])('%j before CONNECT: ERROR, close', async (frame) => {
    const client = await server.open();
    client.send(frame);
    await client.errorThenClose();
  });

  it.each(VERSIONS)('a second CONNECT in %s: ERROR, close', async (version) => {
    const client = await server.connect(version);
    client.send(raw('CONNECT', `accept-version:${version}`, 'host:rtd'));
    await client.errorThenClose();
  });

  it('no CONNECT within the connect timeout: close', async () => {
    const clock = new ManualClock();
    const timed = await RuleServer.start({ clock, limits: { CONNECT_SECONDS: 10 } });
    const silent = await timed.open();
    const slow = await timed.open();
    slow.send('CONNECT\naccept-version:1.2\n');
    // Both are known to the server once a third, which came after them, is.
    await timed.connect('1.2');
    clock.pass(9_000);
    slow.send('host:rtd\n\n\0');
    expect((await slow.next()).command).toBe('CONNECTED');
    expect(silent.isClosed).toBe(false);
    clock.pass(3_000);
    await silent.closed();
    await slow.settled();
    await timed.stop();
  });
});

it.each(['1.1', '1.2'])(
  'rule 10: headers of CONNECT and CONNECTED of %s are neither escaped nor unescaped',
  async (version) => {
    const client = await server.open();
    // A colon is a letter of user ids; escaped it would be \c.
    client.send(raw('CONNECT', `accept-version:${version}`, 'host:a\\tb', 'login:team:alice'));
    const connected = await client.next();
    expect(connected.raw).toContain('\nuser-name:team:alice\n');
  },
);
