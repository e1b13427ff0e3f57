/** The server that is looked at, understood from what people type: where its port is, and under which paths it answers. */
import { UsageError } from '../failure.ts';

export interface Target {
  /** `http(s)://host:port[/prefix]`, without a trailing slash. */
  readonly url: string;
  /** The same server as it was typed, with its scheme and path and without its query: what another command takes. */
  readonly given: string;
  readonly secure: boolean;
  /** A name or an address, without the brackets of IPv6. */
  readonly host: string;
  readonly port: number;
  /** What the Host header says. */
  readonly authority: string;
  /** Before every path; empty for most. */
  readonly prefix: string;
  /** Where a WebSocket is asked for. */
  readonly webSocketPath: string;
  /** True where that path was typed, and not guessed. */
  readonly pathIsGiven: boolean;
  /** True for `stomp://` and `stomps://`: STOMP on a TCP connection, without HTTP and WebSocket around it. */
  readonly bareTcp: boolean;
}

const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;
const OUR_PATH = /\/(?:ws-endpoint|ws)(?:\/websocket)?$/;
const SECURE: Readonly<Record<string, boolean>> = { 'http:': false, 'ws:': false, 'https:': true, 'wss:': true };

/** As {@link parseTarget}, and of stomp(s) too. @throws UsageError */
export function parseStompTarget(text: string): Target {
  const bare = /^stomp(s?):\/\/(.*)$/i.exec(text.trim());
  if (bare === null) return parseTarget(text);
  const [, s = '', rest = ''] = bare;
  const target = parseTarget(`http${s}://${rest}`);
  if (!/:\d+\/?$/.test(rest)) throw new UsageError('A stomp:// address needs a port, such as stomp://127.0.0.1:61613.');
  return { ...target, given: target.url.replace(/^http/, 'stomp'), bareTcp: true };
}

/** `text` is a URL of http(s) or ws(s), or a bare `host:port`. @throws UsageError */
export function parseTarget(text: string): Target {
  const typed = text.trim();
  const url = URL.parse(SCHEME.test(typed) ? typed : `http://${typed}`);
  const secure = url === null ? undefined : SECURE[url.protocol];
  if (url === null || secure === undefined || url.hostname === '') {
    throw new UsageError(
      `"${typed.replace(/\/\/[^@/]*@/, '//…@').slice(0, 80)}" is no address of a server: try one like http://127.0.0.1:8080 or ws://host:15674/ws.`,
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw new UsageError('A server address takes no user and password: they would show in process lists.');
  }
  const path = url.pathname.replace(/\/+$/, '');
  const isWebSocket = url.protocol.startsWith('ws');
  const pathIsGiven = OUR_PATH.test(path) || (isWebSocket && path !== '');
  const prefix = OUR_PATH.test(path) ? path.replace(OUR_PATH, '') : isWebSocket ? '' : path;
  return {
    url: `${secure ? 'https' : 'http'}://${url.host}${prefix}`,
    given: `${url.protocol}//${url.host}${path}`,
    secure,
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    authority: url.host,
    prefix,
    webSocketPath: pathIsGiven ? `${path}${url.search}` : `${prefix}/ws-endpoint`,
    pathIsGiven,
    bareTcp: false,
  };
}

/** True for the names and addresses that are always this machine. */
export function isThisMachine({ host }: Target): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
