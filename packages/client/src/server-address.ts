/** Where a server is, understood from what people type: a URL, a bare `host:port`, or the WebSocket endpoint they copied. */
import { RtdError } from '@rtd/protocol';

export interface ServerAddress {
  /** `http(s)://host:port[/prefix]`, without a trailing slash. */
  readonly baseUrl: string;
  /** `ws(s)://host:port[/prefix]/ws-endpoint` */
  readonly webSocketUrl: string;
}

const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;
const WEB_SOCKET_PATH = /\/(?:ws-endpoint|ws)(?:\/websocket)?$/;

/** @throws RtdError VALIDATION that says what was expected. */
export function parseServerAddress(text: string): ServerAddress {
  const typed = text.trim();
  const url = URL.parse(SCHEME.test(typed) ? typed : `http://${typed}`);
  const scheme = url === null ? undefined : HTTP_SCHEMES.get(url.protocol);
  if (url === null || scheme === undefined || url.hostname === '') {
    throw new RtdError('VALIDATION', `"${typed}" is no address of a server: try one like http://127.0.0.1:8080.`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new RtdError('VALIDATION', 'A server address takes no user and password: give a token or a user id instead.');
  }
  const prefix = url.pathname.replace(/\/+$/, '').replace(WEB_SOCKET_PATH, '');
  const rest = `${url.host}${prefix}`;
  return {
    baseUrl: `${scheme}//${rest}`,
    webSocketUrl: `${scheme === 'https:' ? 'wss' : 'ws'}://${rest}/ws-endpoint`,
  };
}

const HTTP_SCHEMES: ReadonlyMap<string, 'http:' | 'https:'> = new Map([
  ['http:', 'http:'],
  ['ws:', 'http:'],
  ['https:', 'https:'],
  ['wss:', 'https:'],
]);
