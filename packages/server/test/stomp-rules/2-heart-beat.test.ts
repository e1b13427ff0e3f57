/** STOMP rules 11 to 15: heart-beats, on a clock that stands still until it is told to go on. */
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { ManualClock } from '../manual-clock.ts';
import { type RawClient, raw } from './raw-client.ts';
import { chat, newUser, RuleServer, VERSIONS } from './rule-server.ts';

const clock = new ManualClock();
let server: RuleServer;
beforeAll(async () => {
  server = await RuleServer.start({ clock });
});
afterEach(() => server.cutClients());
afterAll(() => server.stop());

/** Lets `seconds` go by, one after the other, and what the server does in each arrive. */
async function pass(seconds: number, client: RawClient): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    clock.pass(1_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (!client.isClosed) await new Promise((resolve) => setTimeout(resolve, 5));
}

it.each(VERSIONS)('rule 11: without a heart-beat header in %s neither side has to beat', async (version) => {
  const client = await server.connect(version);
  await pass(600, client);
  await client.settled();
  expect(client.beats).toBe(0);
});

it('rule 15: who is not read from, because what they sent waits, is not taken for silent', async () => {
  const busy = await RuleServer.start({ clock, limits: { MESSAGES_PER_SECOND: 0 } });
  onTestFinished(() => busy.stop());
  const client = await busy.connect('1.2', newUser(), 'heart-beat:10000,0');
  // Nothing can be stored while somebody else has the file.
  const lock = new DatabaseSync(path.join(busy.dataDir, 'messages.db'));
  onTestFinished(() => lock.close());
  lock.exec('BEGIN IMMEDIATE');
  for (let n = 0; n < 300; n += 1) client.send(chat(`${n}`));
  await new Promise((resolve) => setTimeout(resolve, 100));
  for (let second = 0; second < 60; second += 1) {
    client.send('\n');
    clock.pass(1_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  lock.exec('ROLLBACK');
  client.send(chat('after', 'receipt:after'));
  expect((await client.next()).headers['receipt-id']).toBe('after');
});

it.each(['', 'x', '10000', '1,2,3', '-1,0', '1.5,2', '1, 2', '1;2', '99999999999999999999,0'])(
  'rule 12: heart-beat:%s is malformed: ERROR, close',
  async (heartBeat) => {
    const client = await server.open();
    client.send(raw('CONNECT', 'accept-version:1.2', 'host:rtd', `heart-beat:${heartBeat}`));
    await client.errorThenClose();
  },
);

describe('rule 13: a direction beats at the slower of what one can and the other wants, or not at all', () => {
  // Ours is 10000,10000. Client -> server: max(cx, 10 s); server -> client: max(10 s, cy); in seconds, 0: off.
  it.each([
    { header: '0,0', client: 0, server: 0 },
    { header: '1000,0', client: 10, server: 0 },
    { header: '40000,0', client: 40, server: 0 },
    { header: '0,1000', client: 0, server: 10 },
    { header: '0,40000', client: 0, server: 40 },
    { header: '20000,30000', client: 20, server: 30 },
  ])('heart-beat:$header', async ({ header, client: clientSeconds, server: serverSeconds }) => {
    const client = await server.connect('1.2', newUser(), `heart-beat:${header}`);
    const lifeTime = clientSeconds === 0 ? 400 : clientSeconds * 2;
    await pass(lifeTime - 1, client);
    expect(client.isClosed).toBe(false);
    const due = serverSeconds === 0 ? 0 : Math.floor((lifeTime - 1) / serverSeconds);
    await client.until(() => client.beats >= due, `${due} beats`);
    // Not much more often than agreed: that would be another interval.
    expect(client.beats).toBeLessThanOrEqual(Math.ceil(due * 1.5));
    if (clientSeconds === 0) return;
    await pass(4, client);
    await client.closed();
  });
});

it.each(VERSIONS)('rule 14: an idle server of %s sends an EOL within every agreed interval', async (version) => {
  const client = await server.connect(version, newUser(), 'heart-beat:0,10000');
  for (let interval = 1; interval <= 10; interval += 1) {
    const before = client.beats;
    await pass(10, client);
    await client.until(() => client.beats > before, `the beat of interval ${interval}`);
  }
});

describe('rule 15: a silent peer is dropped after twice the agreed interval; any byte counts as life', () => {
  it('silent: dropped, not before', async () => {
    const client = await server.connect('1.2', newUser(), 'heart-beat:10000,0');
    await pass(20, client);
    expect(client.isClosed).toBe(false);
    await pass(3, client);
    await client.closed();
  });

  it.each<[string, (client: RawClient) => void]>([
    ['an EOL', (client) => client.send('\n')],
    ['a CRLF', (client) => client.send('\r\n')],
    ['a frame', (client) => client.send(raw('BEGIN', `transaction:${Math.random()}`))],
    ['a WebSocket ping', (client) => client.ping()],
  ])('%s keeps it', async (_, say) => {
    const client = await server.connect('1.2', newUser(), 'heart-beat:10000,0');
    // Six times seven seconds: more than it is given, and a sign may well come a round late.
    for (let round = 0; round < 6; round += 1) {
      await pass(7, client);
      say(client);
    }
    await client.settled();
  });

  it('a piece of a frame keeps it', async () => {
    const client = await server.connect('1.2', newUser(), 'heart-beat:10000,0');
    for (const piece of ['BEG', 'IN\n', 'trans', 'action:t\nreceipt:', 'r\n', '\n']) {
      await pass(7, client);
      client.send(piece);
    }
    client.send('\0');
    expect((await client.next()).headers['receipt-id']).toBe('r');
  });
});
