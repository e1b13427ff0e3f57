/** Where no WebSocket gets through, a session polls, and goes back as soon as one does. */
import net, { type AddressInfo } from 'node:net';
import type { ChatMessage } from '@rtd/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ChatOptions, type ChatSession, connectChat, type LinkState } from '../src/index.ts';
import { closedAfterTest } from './closing.ts';
import { fastClock } from './fast-clock.ts';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import { startTestServer, TEST_SPEED, type TestServer } from './test-server.ts';

let server: TestServer;
let proxy: FaultProxy;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  proxy = closedAfterTest(await startFaultProxy(server.url));
});

function connect(options: Partial<ChatOptions> = {}): { session: ChatSession; states: LinkState[] } {
  const clock = fastClock(TEST_SPEED);
  const session = closedAfterTest(connectChat({ url: proxy.url, identity: { userId: 'ana' }, clock, ...options }));
  const states: LinkState[] = [];
  session.on('state', (state) => states.push(state));
  return { session, states };
}

const becomes = (session: ChatSession, kind: LinkState['kind']): Promise<void> =>
  vi.waitFor(() => expect(session.state.kind).toBe(kind), { timeout: 10_000, interval: 5 });

describe('with transport auto', () => {
  it('polls through a proxy that refuses Upgrade, and takes a WebSocket as soon as it lets one through', async () => {
    proxy.refusesUpgrade = true;
    const { session, states } = connect();
    await becomes(session, 'polling');
    proxy.refusesUpgrade = false;
    await becomes(session, 'live');
    expect(states.map(({ kind }) => kind)).not.toContain('waiting');
  });

  it('polls through a proxy that swallows the upgrade without a word', async () => {
    const { hostname, port } = new URL(server.url);
    const swallower = net.createServer((client) => {
      const upstream = net.connect(Number(port), hostname);
      client.on('data', (bytes) => {
        if (!bytes.toString('latin1').toLowerCase().includes('upgrade: websocket')) upstream.write(bytes);
      });
      upstream.pipe(client);
      client.on('close', () => upstream.destroy()).on('error', () => {});
      upstream.on('close', () => client.destroy()).on('error', () => {});
    });
    await new Promise<void>((resolve) => swallower.listen(0, '127.0.0.1', resolve));
    closedAfterTest(swallower);
    const { session } = connect({ url: `http://127.0.0.1:${(swallower.address() as AddressInfo).port}` });
    await becomes(session, 'polling');
    expect((await session.send({ content: 'hello' }).settled).kind).toBe('sent');
  });

  it('loses and doubles nothing while the transport changes under a running conversation', async () => {
    const { session, states } = connect();
    const got: ChatMessage[] = [];
    await session.subscribe('global', { backlog: 0, onMessage: (message) => got.push(message) }).ready;
    const outcomes: Promise<unknown>[] = [];
    let said = 0;
    const talk = async (): Promise<void> => {
      said += 1;
      outcomes.push(session.send({ content: `sent ${said}` }).settled);
      await server.say(`said ${said}`);
    };
    for (const upgrades of [false, true, false, true]) {
      proxy.refusesUpgrade = !upgrades;
      // A proxy that changes its mind drops what it has; the way back is without a cut.
      if (!upgrades) proxy.cut();
      while (session.state.kind !== (upgrades ? 'live' : 'polling')) await talk();
      await talk();
    }
    await Promise.all(outcomes);
    await vi.waitFor(() => expect(got).toHaveLength(2 * said), { timeout: 5_000 });
    expect(got.map(({ seq }) => seq)).toEqual(got.map((_, index) => (got[0]?.seq ?? 0) + index));
    const sent = got.filter(({ senderId }) => senderId === 'ana').map(({ content }) => content);
    expect(sent).toEqual(Array.from({ length: said }, (_, index) => `sent ${index + 1}`));
    expect(states.filter(({ kind }) => kind === 'polling')).toHaveLength(2);
    // And once before the first change.
    expect(states.filter(({ kind }) => kind === 'live')).toHaveLength(3);
  });

  it('tries the WebSocket at once when told to reconnect', async () => {
    proxy.refusesUpgrade = true;
    // As slow as in the field: only being told can be the reason.
    const { session } = connect({ clock: undefined });
    await becomes(session, 'polling');
    proxy.refusesUpgrade = false;
    session.reconnectNow();
    await becomes(session, 'live');
  });
});

describe('with a transport that is forced', () => {
  it('poll never opens a WebSocket', async () => {
    const opened = vi.fn();
    class CountedWebSocket extends WebSocket {
      constructor(...args: ConstructorParameters<typeof WebSocket>) {
        super(...args);
        opened();
      }
    }
    const { session } = connect({ transport: 'poll', WebSocket: CountedWebSocket });
    await becomes(session, 'polling');
    await session.send({ content: 'hello' }).settled;
    expect(opened).not.toHaveBeenCalled();
  });

  it('ws waits, and says that polling would work', async () => {
    proxy.refusesUpgrade = true;
    const { session } = connect({ transport: 'ws' });
    await becomes(session, 'waiting');
    const { state } = session;
    expect(state.kind === 'waiting' && state.why).toMatch(/no WebSocket gets through.*Polling would work/);
    proxy.refusesUpgrade = false;
    await becomes(session, 'live');
  });
});

describe('a dead link', () => {
  it.each(['ws', 'poll'] as const)(
    'is noticed over %s without a word from the network, and replaced',
    async (transport) => {
      const { session, states } = connect({ transport });
      const got: ChatMessage[] = [];
      await session.subscribe('global', { backlog: 0, onMessage: (message) => got.push(message) }).ready;
      proxy.swallows = 'all';
      await becomes(session, 'waiting');
      await server.say('while away');
      proxy.swallows = 'nothing';
      proxy.cut();
      await vi.waitFor(() => expect(got.map(({ content }) => content)).toEqual(['while away']), { timeout: 5_000 });
      expect(states.map(({ kind }) => kind)).toContain('waiting');
    },
  );
});
