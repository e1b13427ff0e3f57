/**
 * The composition root: picks adapters by configuration, wires the rooms to the gateways, starts everything in order and
 * ends it in reverse. A map of the whole:
 *
 *   data folder -> adapters (store, tick log, presence, bus, mailbox) -> rooms (chat, market, presence)
 *     -> gateways (STOMP, WebSocket, SockJS, SSE) -> the door (HTTP), which listens last and closes first
 */
import { type Health, MessageId, RtdError, ServerId } from '@rtd/protocol';
import { lockFolder } from './adapters/sqlite/sqlite-folder-lock.ts';
import { createAuthenticator } from './auth/create-authenticator.ts';
import { openBackends } from './backends.ts';
import { createChatRoom } from './chat/create-chat-room.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import { countingConnections } from './counting-connections.ts';
import { keptServerId, openDataFolder } from './data-folder.ts';
import { createTopic } from './fan-out/fan-out-topic.ts';
import { slowestOf } from './fan-out/slow-clients.ts';
import { createAccessRules } from './gateway/http/access-rules.ts';
import { createAddressOf } from './gateway/http/client-address.ts';
import { createHttpGateway } from './gateway/http/http-gateway.ts';
import { openApiDocument } from './gateway/http/openapi.ts';
import { adminRoutes } from './gateway/http/routes/admin-routes.ts';
import { chatRoutes } from './gateway/http/routes/chat-routes.ts';
import { conversationRoutes } from './gateway/http/routes/conversation-routes.ts';
import { healthRoutes } from './gateway/http/routes/health-routes.ts';
import { liveDescriptions, STOMP_BASES } from './gateway/http/routes/live-descriptions.ts';
import { marketRoutes } from './gateway/http/routes/market-routes.ts';
import { openApiRoute } from './gateway/http/routes/openapi-route.ts';
import { presenceRoutes } from './gateway/http/routes/presence-routes.ts';
import { createSockjsGateway } from './gateway/sockjs/sockjs-gateway.ts';
import { createSseGateway } from './gateway/sse/sse-stream.ts';
import { createStompGateway } from './gateway/stomp/stomp-gateway.ts';
import { createWebSocketUpgrade } from './gateway/websocket/websocket-upgrade.ts';
import { createMarketRoom } from './market/create-market-room.ts';
import { createPresenceRoom } from './presence/create-presence-room.ts';
import { createLog, type Log } from './telemetry/log.ts';
import { createMetrics } from './telemetry/metrics.ts';
import { publicUser } from './telemetry/public-user.ts';
import { createReadiness } from './telemetry/readiness.ts';
import { uuidV7 } from './uuid-v7.ts';
import { serverVersion } from './version.ts';

/** What a server takes from the machine, and not from its configuration. */
export interface Ambient {
  readonly clock: Clock;
  readonly randomBytes: (count: number) => Uint8Array;
  /** Left out: one to standard output, as the configuration wants it. */
  readonly log?: Log | undefined;
}

export interface RunningServer {
  /** `http://127.0.0.1:8080`: where clients on this machine reach it. */
  readonly url: string;
  readonly port: number;
  readonly serverId: ServerId;
  /** Takes leave of every client first (1012, spread over some seconds), then closes. Within 25 s. Repeating it is harmless. */
  drain(): Promise<void>;
  /** Answers what was asked, finishes open commits, gives everything back. Repeating it is harmless. */
  close(): Promise<void>;
}

/** How many ports are tried where the next free one may be taken. */
const PORT_ATTEMPTS = 100;
/** Leave is taken, and everything closed, within this each; together they stay below the 25 s that a drain may take. */
const DRAIN_MILLIS = 15_000;
const CLOSE_MILLIS = 8_000;
const SERVER_ID_BYTES = 4;
const SESSION_ID_BYTES = 12;

/** Resolves once it listens. @throws RtdError with one line that says what is wrong and what to do; everything is given back then. */
export async function startServer(config: Config, ambient: Ambient): Promise<RunningServer> {
  const { clock, randomBytes } = ambient;
  const { limits, dataDir } = config;
  const log = ambient.log ?? createLog({ level: config.logLevel, format: config.logFormat });
  const hex = (bytes: number): string => Buffer.from(randomBytes(bytes)).toString('hex');
  let draining = false;

  await using opened = new AsyncDisposableStack();

  await openDataFolder(dataDir);
  const lock = lockFolder(dataDir);
  opened.defer(() => lock.release());
  const serverId =
    config.serverId ?? (await keptServerId(dataDir, () => ServerId.parse(`server-${hex(SERVER_ID_BYTES)}`)));
  const metrics = createMetrics({ serverId, version: serverVersion });
  opened.defer(() => metrics.close());

  const { committed } = metrics;
  const backends = await openBackends(config, { serverId, clock, log, committed }, opened);
  const { store, tickLog, bus, mailbox, directory, revocations } = backends;
  const authenticator = await createAuthenticator(config.auth, {
    clock,
    randomBytes,
    isRevoked: revocations?.isRevoked,
  });

  const budgetBytes = limits.SEND_BUFFER_BYTES;
  const market = await createMarketRoom({ tickLog, clock, log, newTopic: createTopic, budgetBytes });
  opened.defer(() => market.close());
  const presence = createPresenceRoom({ directory, clock, budgetBytes });
  opened.defer(() => presence.close());
  const newMessageId = (): MessageId => MessageId.parse(uuidV7(clock.now(), randomBytes(10)));
  const chat = await createChatRoom({
    store,
    bus,
    mailbox,
    directory: backends.userServers,
    clock,
    newMessageId,
    limits,
    log,
    serverId,
    waited: metrics.deliveredAfter,
  });
  opened.defer(() => chat.close());

  const stomp = countingConnections(
    createStompGateway({
      chat,
      market,
      presence,
      authenticator,
      limits,
      clock,
      log,
      serverId,
      randomId: () => hex(SESSION_ID_BYTES),
    }),
    metrics,
  );
  // After the sockets were cut: nobody is left to take leave of, but its sweep is to end.
  opened.defer(() => void stomp.drain());
  const addressOf = config.trustedProxies.length === 0 ? undefined : createAddressOf(config.trustedProxies);
  const websocket = createWebSocketUpgrade({ gateway: stomp, limits, clock, log, addressOf });
  opened.defer(() => websocket.close());
  const accept: Parameters<typeof createSockjsGateway>[0]['accept'] = (transport, headers) =>
    stomp.accept(transport, { headers });
  const sockjs = createSockjsGateway({ bases: STOMP_BASES, accept, limits, clock, log, addressOf });
  const sse = createSseGateway({ market, authenticator, limits, clock, log, serverId, addressOf });

  metrics.read({
    onlineUsers: () => presence.onlineUsers(),
    sseConnections: () => sse.connections,
    market: () => market.stats(),
    chat: () => chat.stats(),
    queuedBytes: () => ({ stomp: stomp.queuedBytes, sse: sse.queuedBytes }),
    slowestClients: () =>
      slowestOf([...stomp.waitingClients(), ...sse.waitingClients()]).map((client) => ({
        ...client,
        user: publicUser(client.user, config.auth.mode),
      })),
    kafkaLag: () => (config.kafkaBrokers === undefined ? undefined : tickLog.lag?.()),
    now: () => clock.now(),
  });
  const readiness = createReadiness({
    dependencies: backends.dependencies,
    isDraining: () => draining,
    clock,
  });
  const health = (): Health => ({
    status: 'UP',
    activeConnections: stomp.connections,
    onlineUsers: presence.onlineUsers(),
    sseConnections: sse.connections,
    serverId,
    timestamp: new Date(clock.now()).toISOString(),
  });
  const routes = [
    ...chatRoutes(chat),
    ...conversationRoutes(chat),
    ...presenceRoutes(presence),
    ...marketRoutes(market),
    ...healthRoutes({ health, readiness, metrics }),
    ...adminRoutes(async (userId) => await revocations?.revoke(userId)),
  ];
  const described = [...routes, ...liveDescriptions];
  const documentation = openApiRoute((self) => openApiDocument([...described, self], serverVersion));
  const http = await createHttpGateway({
    routes: [...routes, documentation],
    described: liveDescriptions,
    access: createAccessRules({ host: config.host, allowedOrigins: config.allowedOrigins }),
    authenticator,
    sockjs,
    sse,
    websocket,
    accept,
    observe: metrics.requestAnswered,
    limits,
    clock,
    log,
  });
  opened.defer(() => http.close());
  revocations?.onRevoked((userId) => {
    const reason = new RtdError('UNAUTHENTICATED', 'Your access was revoked.');
    stomp.closeUser(userId, reason.message);
    sse.disconnectUser(userId);
    http.endPolls(userId, reason);
  });

  const attempts = config.nextFreePort ? PORT_ATTEMPTS : 1;
  const port = await http.listen({ host: config.host, port: config.port, attempts });
  const url = `http://${hostInUrl(config.host)}:${port}`;
  for (const warning of config.warnings) log.warn(warning);
  log.info({ url, serverId, dataDir, auth: config.auth.mode, version: serverVersion }, `listening on ${url}`);

  const running = opened.move();
  let closing: Promise<void> | undefined;
  let drained: Promise<void> | undefined;

  async function takeLeave(): Promise<void> {
    draining = true;
    log.info({ connections: stomp.connections, sseConnections: sse.connections }, 'draining: no new clients');
    http.drain();
    const left = await within(DRAIN_MILLIS, Promise.allSettled([stomp.drain(), sse.drain()]));
    if (!left) log.warn({ connections: stomp.connections }, 'some clients did not take leave in time; they are cut');
    if (!(await within(CLOSE_MILLIS, close()))) log.warn('a backend did not close in time; it is left to itself');
  }

  /** False when it took longer. */
  async function within(millis: number, work: Promise<unknown>): Promise<boolean> {
    const late = Promise.withResolvers<false>();
    const timer = clock.after(millis, () => late.resolve(false));
    try {
      return await Promise.race([work.then(() => true), late.promise]);
    } finally {
      timer.cancel();
    }
  }

  function close(): Promise<void> {
    draining = true;
    closing ??= running.disposeAsync().then(() => log.info('closed'));
    return closing;
  }

  return {
    url,
    port,
    serverId,
    drain: () => {
      drained ??= takeLeave();
      return drained;
    },
    close,
  };
}

/** An address that takes everything is no address to go to. */
function hostInUrl(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
