/** All checks, in the order of the way that data takes: the machine, its backends, the network, and up the protocols. */

import { closest } from '../did-you-mean.ts';
import { UsageError } from '../failure.ts';
import type { Check } from './check.ts';
import { clock } from './checks/clock.ts';
import { clockSkew } from './checks/clock-skew.ts';
import { dataFolder } from './checks/data-folder.ts';
import { disk } from './checks/disk.ts';
import { dns } from './checks/dns.ts';
import { health } from './checks/health.ts';
import { heartBeat } from './checks/heart-beat.ts';
import { http } from './checks/http.ts';
import { kafka, kafkaGroups, kafkaRoundTripCheck, kafkaTopic } from './checks/kafka.ts';
import { mysql, mysqlConnections, mysqlDurability, mysqlSchema } from './checks/mysql.ts';
import { node } from './checks/node.ts';
import { openFiles } from './checks/open-files.ts';
import { origin } from './checks/origin.ts';
import { polling } from './checks/polling.ts';
import { port } from './checks/port.ts';
import { programs } from './checks/programs.ts';
import { readyz } from './checks/readyz.ts';
import { redis, redisEviction, redisPubsub } from './checks/redis.ts';
import { settings } from './checks/settings.ts';
import { sockjs } from './checks/sockjs.ts';
import { sse } from './checks/sse.ts';
import { sseBuffering } from './checks/sse-buffering.ts';
import { stompConnect } from './checks/stomp-connect.ts';
import { stompReceipt } from './checks/stomp-receipt.ts';
import { tcp } from './checks/tcp.ts';
import { terminal } from './checks/terminal.ts';
import { tls } from './checks/tls.ts';
import { token } from './checks/token.ts';
import { wsFrames } from './checks/ws-frames.ts';
import { wsSubprotocol } from './checks/ws-subprotocol.ts';
import { wsUpgrade } from './checks/ws-upgrade.ts';

export const CHECKS: readonly Check[] = [
  node,
  terminal,
  settings,
  dataFolder,
  disk,
  clock,
  port,
  openFiles,
  programs,
  mysql,
  mysqlSchema,
  mysqlConnections,
  mysqlDurability,
  redis,
  redisPubsub,
  redisEviction,
  kafka,
  kafkaTopic,
  kafkaRoundTripCheck,
  kafkaGroups,
  dns,
  tcp,
  tls,
  http,
  clockSkew,
  health,
  readyz,
  token,
  wsUpgrade,
  wsSubprotocol,
  wsFrames,
  origin,
  stompConnect,
  heartBeat,
  stompReceipt,
  sse,
  sseBuffering,
  sockjs,
  polling,
];

/** Those whose name is one of `names` or begins with one and a hyphen (`mysql`: all four), in their order. @throws UsageError */
export function checksNamed(names: readonly string[]): readonly Check[] {
  const ids = CHECKS.map(({ id }) => id);
  const means = (name: string, { id, stretch }: Check): boolean =>
    id === name || id.startsWith(`${name}-`) || stretch === name;
  for (const name of names) {
    if (CHECKS.some((check) => means(name, check))) continue;
    const meant = closest(name, ids);
    throw new UsageError(
      `--only: there is no check "${name.slice(0, 80)}".${meant === undefined ? '' : ` Did you mean ${meant}?`} The checks are ${ids.join(', ')}.`,
    );
  }
  return CHECKS.filter((check) => names.some((name) => means(name, check)));
}
