/** The options of `rtd bench`: those that all kinds share, those of STOMP, and how they become settings. */
import { boolean, custom, string } from '@oclif/core/flags';
import { UsageError } from '../failure.ts';
import { DEFAULT_URL } from '../flags/connection.ts';
import { type HeaderFlag, headerFlag, headersIn } from '../flags/headers.ts';
import { numberFlag } from '../flags/values.ts';
import { parseStompTarget } from '../wire/target.ts';
import type { LoadSettings, StompSettings } from './settings.ts';
import { connectionsAnAddress, portRange } from './source-addresses.ts';
import type { Headers } from './stomp-load-connection.ts';

const MOST_CONNECTIONS = 200_000;
/** Opening at a time: enough to keep a server busy, few enough for its backlog. */
const AT_ONCE = 256;
const QUIET_MILLIS = 2_000;
const SUBSCRIBING_MILLIS = 10_000;
/** RTD takes 20 messages a second of one user; senders stay well below it. */
const MESSAGES_A_SENDER = 10;
const MOST_SENDERS = 1_000;

export const loadFlags = {
  url: string({
    description:
      'server to load: http(s) or ws(s), with the path where it is not /ws-endpoint; stomp(s):// for bare TCP',
    env: 'RTD_URL',
    default: DEFAULT_URL,
    helpValue: 'URL',
  }),
  connections: numberFlag({
    description: 'how many',
    takes: `a number of connections from 1 to ${MOST_CONNECTIONS}, such as 1000`,
    min: 1,
    max: MOST_CONNECTIONS,
  })({ default: 1_000, char: 'c' }),
  duration: numberFlag({
    description: 'seconds to measure for, once all are connected',
    takes: 'a number of seconds above 0, such as 30',
    min: 0.1,
    max: 86_400,
    fractions: true,
  })({ default: 10, char: 'd' }),
  ramp: numberFlag({
    description: 'connections opened a second; as fast as they open when not given',
    takes: 'a number of connections a second above 0, such as 500',
    min: 0.1,
    max: 1_000_000,
    fractions: true,
  })(),
  header: headerFlag({ description: 'header of CONNECT, or of the HTTP request; may be repeated' }),
  json: boolean({ description: 'the result as one JSON document' }),
  compare: string({ description: 'a result of --json to compare this one with', helpValue: 'FILE' }),
  'i-own-this-server': boolean({ description: 'load a server that is not on this machine' }),
};

export const verifyFlag = boolean({
  description:
    'count what is lost, repeated or out of order, for each client and acknowledged message; exit code 1 when anything is',
});

export const stompFlags = {
  ...loadFlags,
  subscribe: string({ description: 'destination of SUBSCRIBE', default: '/topic/messages', helpValue: 'DESTINATION' }),
  to: string({ description: 'destination of SEND', default: '/app/chat', helpValue: 'DESTINATION' }),
  body: string({
    description:
      'body of SEND; {payload} is replaced. {"content":"{payload}"} for /app/chat, the payload alone for others',
    helpValue: 'TEMPLATE',
  }),
  vhost: string({ description: "the broker's virtual host; the host name when not given", helpValue: 'NAME' }),
  'http-header': headerFlag({ description: 'header of the WebSocket handshake, such as Cookie; may be repeated' }),
  'subscribe-header': headerFlag({ description: 'header of SUBSCRIBE; may be repeated' }),
  'send-header': headerFlag({ description: 'header of SEND; may be repeated' }),
  receipts: boolean({
    description: 'ask for receipts; --no-receipts for servers that send none (what was sent counts as acknowledged)',
    default: true,
    allowNo: true,
  }),
  'heart-beat': numberFlag({
    description: 'milliseconds between heart-beats, both ways; 0 for none',
    takes: 'a number of milliseconds, such as 10000',
    min: 0,
    max: 3_600_000,
  })({ default: 10_000 }),
};

/** Messages a second, or `max`. */
export const rateFlag = custom<number | 'max'>({
  description: 'messages a second, of all senders together; max: as fast as they are acknowledged',
  helpValue: 'NUMBER|max',
  parse: (text) => {
    const value = Number(text);
    if (text === 'max') return Promise.resolve('max');
    if (/^\d{1,7}(\.\d{1,6})?$/.test(text) && value > 0 && value <= 1_000_000) return Promise.resolve(value);
    return Promise.reject(
      new UsageError(`--rate takes a number of messages a second above 0, or max, not "${text.slice(0, 80)}".`),
    );
  },
});

export const sizeFlag = numberFlag({
  description: 'octets of a payload',
  takes: 'a number of octets from 16 to 1000000, such as 100',
  min: 16,
  max: 1_000_000,
});

export const sendersFlag = numberFlag({
  description: `connections that send; as many as keep each below ${MESSAGES_A_SENDER} messages a second when not given`,
  takes: `a number of senders from 1 to ${MOST_SENDERS}, such as 4`,
  min: 1,
  max: MOST_SENDERS,
});

/** How many senders a rate is spread over. */
export function sendersFor(rate: number | 'max'): number {
  return rate === 'max' ? 1 : Math.max(1, Math.min(MOST_SENDERS, Math.ceil(rate / MESSAGES_A_SENDER)));
}

export interface LoadFlags {
  readonly url: string;
  readonly connections: number;
  readonly duration: number;
  readonly ramp?: number | undefined;
}

/** `env` has what may not show in process lists: RTD_TOKEN. @throws UsageError for an address that is none. */
export function loadSettingsOf(flags: LoadFlags, verify: boolean, env: NodeJS.ProcessEnv): LoadSettings {
  return {
    target: parseStompTarget(flags.url),
    connections: flags.connections,
    durationMillis: flags.duration * 1_000,
    verify,
    token: given(env.RTD_TOKEN),
    connectsPerSecond: flags.ramp ?? Number.POSITIVE_INFINITY,
    connectionsAnAddress: connectionsAnAddress(portRange()),
    atOnce: AT_ONCE,
    subscribingMillis: SUBSCRIBING_MILLIS,
    drainMillis: QUIET_MILLIS,
  };
}

interface StompFlags extends LoadFlags {
  readonly subscribe: string;
  readonly to: string;
  readonly body?: string | undefined;
  readonly header?: HeaderFlag;
  readonly vhost?: string | undefined;
  readonly 'http-header'?: HeaderFlag;
  readonly 'subscribe-header'?: HeaderFlag;
  readonly 'send-header'?: HeaderFlag;
  readonly receipts: boolean;
  readonly 'heart-beat': number;
}

/** What the kinds of test differ in. */
export type Traffic = Pick<StompSettings, 'verify' | 'rate' | 'size' | 'senders' | 'inFlight'>;

/** `env` has what may not show in process lists: RTD_TOKEN, RTD_LOGIN, RTD_PASSCODE. @throws UsageError for what does not go together. */
export function stompSettingsOf(flags: StompFlags, traffic: Traffic, env: NodeJS.ProcessEnv): StompSettings {
  if (!flags.receipts && traffic.rate === 'max') {
    throw new UsageError('--rate max waits for acknowledgements, and --no-receipts asks for none: give a rate.');
  }
  // RTD's own words: it wants JSON there, and says what it refuses on a queue.
  const isOurs = flags.to.startsWith('/app/');
  const body = flags.body ?? (isOurs ? '{"content":"{payload}"}' : '{payload}');
  if (!/\{(payload|stamp)\}/.test(body)) {
    throw new UsageError('--body needs {payload} (or {stamp}) in it: that is how a message is known again.');
  }
  return {
    ...loadSettingsOf(flags, traffic.verify, env),
    ...traffic,
    subscribeTo: flags.subscribe,
    sendTo: flags.to,
    body,
    connectHeaders: connectHeadersOf(flags, env),
    httpHeaders: headersIn(flags['http-header']),
    subscribeHeaders: headersIn(flags['subscribe-header']),
    sendHeaders: headersIn(flags['send-header']),
    refusalsFrom: isOurs ? '/user/queue/errors' : undefined,
    receipts: flags.receipts,
    heartBeatMillis: flags['heart-beat'],
    resume: undefined,
  };
}

/** What `--header` says wins. */
function connectHeadersOf(flags: StompFlags, env: NodeJS.ProcessEnv): Headers {
  const typed = headersIn(flags.header);
  const known = [
    ['login', given(env.RTD_LOGIN)],
    ['passcode', given(env.RTD_PASSCODE)],
    ['host', flags.vhost],
  ] as const;
  const others = known.flatMap(([name, value]) =>
    value === undefined || typed.some(([each]) => each === name) ? [] : [[name, value] as const],
  );
  return [...others, ...typed];
}

/** What the result says of where messages went, besides the numbers: what is not as it is by itself. */
export function whereOf({ subscribe, to, receipts }: StompFlags): Readonly<Record<string, string | boolean>> {
  return {
    ...(subscribe === stompFlags.subscribe.default ? {} : { subscribe }),
    ...(to === stompFlags.to.default ? {} : { to }),
    ...(receipts ? {} : { receipts }),
  };
}

function given(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
