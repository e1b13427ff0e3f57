/** Everything that checks look at, and the answers that several of them share, each asked for once. */
import { randomBytes } from 'node:crypto';
import { Health } from '@rtd/protocol';
import type { Config, KafkaProbe, MysqlProbe, RedisProbe } from '@rtd/server';
import { askHttp, type HttpAnswer } from '../wire/http-ask.ts';
import type { HeaderList } from '../wire/http-head.ts';
import { STOMP_PROTOCOLS, type UpgradeOptions } from '../wire/raw-web-socket.ts';
import type { Target } from '../wire/target.ts';
import { WireError } from '../wire/wire-error.ts';

/** Who to be at the server. */
export interface DoctorIdentity {
  readonly userId: string | undefined;
  readonly token: string | undefined;
  /** For servers that are not ours. */
  readonly login: string | undefined;
  readonly passcode: string | undefined;
}

export interface TerminalFacts {
  readonly isTerminal: boolean;
  readonly columns: number | undefined;
  readonly rows: number | undefined;
  readonly colours: boolean;
}

export interface DoctorOptions {
  readonly target: Target;
  readonly identity: DoctorIdentity;
  /** Undefined where settings do not fit; `configProblem` says why. */
  readonly config: Config | undefined;
  readonly configProblem: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: string;
  readonly nodeVersion: string;
  readonly terminal: TerminalFacts;
  /** For each question. */
  readonly timeoutMillis: number;
  /** How many connections the server is expected to hold. */
  readonly connections: number;
  /** Page whose connections should be let in. */
  readonly origin: string | undefined;
  /** Where the STOMP round trip goes, at a server that is not ours. */
  readonly destination: string | undefined;
  /** The `host` header of CONNECT. */
  readonly virtualHost: string | undefined;
  /** Of CONNECT, besides those that it always has. */
  readonly connectHeaders: HeaderList;
  /** Of the WebSocket handshake, of SockJS and of the event stream, such as a cookie. */
  readonly httpHeaders: HeaderList;
  /** Path of an event stream, at a server that is not ours. */
  readonly streamPath: string | undefined;
  readonly now: () => number;
}

export interface Surroundings extends DoctorOptions {
  /** Letters that nobody else has. */
  newName(): string;
  /** How every WebSocket is asked for. */
  readonly handshake: UpgradeOptions;
  /** Headers that say who one is over HTTP. */
  readonly httpIdentity: Readonly<Record<string, string>>;
  /** True for a server of ours; false for another, and where nobody answers HTTP. */
  isOurs(): Promise<boolean>;
  health(): Promise<HttpAnswer>;
  mysql(url: string): Promise<MysqlProbe>;
  redis(url: string): Promise<RedisProbe>;
  kafka(brokers: readonly string[]): Promise<KafkaProbe>;
  /** Asks anew from here on: something has been mended. */
  forget(): void;
}

/** The topic of ticks (contract, section 5). */
export const TICK_TOPIC = 'stock-prices';
/** A user id that says what it is, for servers that take anybody's word. */
export const DOCTOR = 'rtd-doctor';

export function surroundingsOf(options: DoctorOptions): Surroundings {
  const { target, identity, timeoutMillis, httpHeaders } = options;
  const health = once(() =>
    askHttp(target, { path: '/api/websocket/health', headers: Object.fromEntries(httpHeaders), timeoutMillis }),
  );
  // Each is loaded when it is asked: most machines have none of them.
  const mysql = once(async (url: string) => (await import('@rtd/server/probe-mysql')).probeMysql(url, timeoutMillis));
  const redis = once(async (url: string) => (await import('@rtd/server/probe-redis')).probeRedis(url, timeoutMillis));
  const kafka = once(async (brokers: readonly string[]) => {
    const { probeKafka } = await import('@rtd/server/probe-kafka');
    return probeKafka(brokers, TICK_TOPIC, timeoutMillis);
  });
  return {
    ...options,
    newName: () => randomBytes(6).toString('hex'),
    handshake: {
      protocols: STOMP_PROTOCOLS,
      authorization: identity.token === undefined ? undefined : `Bearer ${identity.token}`,
      headers: httpHeaders,
    },
    httpIdentity: {
      ...(identity.token === undefined
        ? { 'x-user-id': identity.userId ?? DOCTOR }
        : { authorization: `Bearer ${identity.token}` }),
      ...Object.fromEntries(httpHeaders),
    },
    health: health.ask,
    isOurs: async () => {
      if (target.bareTcp) return false;
      try {
        return isOurHealth(await health.ask());
      } catch (error) {
        if (error instanceof WireError) return false;
        throw error;
      }
    },
    mysql: mysql.ask,
    redis: redis.ask,
    kafka: kafka.ask,
    forget: () => {
      for (const each of [health, mysql, redis, kafka]) each.forget();
    },
  };
}

/** True for an answer that only a server of ours gives. */
export function isOurHealth({ status, body }: HttpAnswer): boolean {
  if (status !== 200) return false;
  try {
    return Health.safeParse(JSON.parse(body)).success;
  } catch {
    return false;
  }
}

interface Once<Args extends unknown[], Result> {
  ask(...args: Args): Promise<Result>;
  forget(): void;
}

/** Asked for once, whatever the answer: checks that share it see the same one. */
function once<Args extends unknown[], Result>(ask: (...args: Args) => Promise<Result>): Once<Args, Result> {
  let answer: Promise<Result> | undefined;
  return {
    ask: (...args) => {
      answer ??= ask(...args);
      return answer;
    },
    forget: () => {
      answer = undefined;
    },
  };
}
