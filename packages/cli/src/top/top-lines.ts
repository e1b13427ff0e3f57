/** What `rtd top` prints where nobody can see a screen: a line a server and look, or a JSON document a look. */
import { safeText } from '@rtd/tui/safe-text';
import { jsonLine } from '../output/lines.ts';
import type { SlowClient } from './server-figures.ts';
import type { WatchedServer } from './watched-server.ts';

/** `{at, servers: [{url, state, problem?, …figures}]}` on one line. `at` is ISO 8601. */
export function topJson(servers: readonly WatchedServer[], at: string): string {
  return jsonLine({
    at,
    servers: servers.map(({ target, figures, problem }) =>
      figures === undefined
        ? { url: target.url, state: 'down', problem: problem ?? 'it was not looked at twice yet' }
        : { url: target.url, state: 'up', ...figures },
    ),
  });
}

/** One line; what the server does not tell is left out. `time` is that of the day. */
export function topLine({ target, figures, problem }: WatchedServer, time: string): string {
  if (figures === undefined)
    return `${time} ${target.authority} ${problem === undefined ? 'UP' : `DOWN ${safeText(problem)}`}`;
  const transports = Object.entries(figures.transports)
    .map(([transport, count]) => `${safeText(transport)}=${count}`)
    .join(' ');
  const part = (name: string, value: number | undefined, digits = 0): string =>
    value === undefined ? '' : `${name}=${value.toFixed(digits)}`;
  return [
    time,
    safeText(figures.serverId ?? target.authority),
    transports,
    part('sse', figures.eventStreams),
    part('users', figures.users),
    part('messages/s', figures.messagesPerSecond, 1),
    part('deliveries/s', figures.deliveriesPerSecond, 1),
    part('ticks/s', figures.ticksPerSecond, 1),
    part('refused/s', figures.refusedPerSecond, 1),
    part('commit-p50-ms', figures.commit?.p50, 2),
    part('commit-p99-ms', figures.commit?.p99, 2),
    part('delivery-p50-ms', figures.delivery?.p50, 2),
    part('delivery-p99-ms', figures.delivery?.p99, 2),
    part('queue-bytes', figures.queueBytes),
    part('healed-gaps', figures.healedGaps),
    part('kafka-lag', figures.kafkaLag),
    part('loop-lag-p99-ms', figures.eventLoopLag, 1),
    part('memory-mb', figures.memoryBytes === undefined ? undefined : figures.memoryBytes / 1_048_576),
    slowestPart(figures.slowestClients),
  ]
    .filter((text) => text !== '')
    .join(' ');
}

/** `slowest=ann/websocket:524288,bob/sse:130000`, the worst first; without a blank, so that it stays one word. */
function slowestPart(clients: readonly SlowClient[]): string {
  const parts = clients.map(
    ({ user, transport, bytes }) => `${safeText(user) || 'nobody'}/${safeText(transport)}:${bytes}`,
  );
  return parts.length === 0 ? '' : `slowest=${parts.join(',')}`;
}
