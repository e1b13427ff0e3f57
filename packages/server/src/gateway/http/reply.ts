/** What a route answers with, and how an error looks on the wire (contract, section 1: `{error: {code, message}}`). */
import type { ServerResponse } from 'node:http';
import type { HttpErrorBody, RtdError } from '@rtd/protocol';

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

export function json(status: number, value: unknown): Reply {
  return { status, headers: { 'content-type': 'application/json; charset=utf-8' }, body: JSON.stringify(value) };
}

export function plainText(status: number, body: string, contentType = 'text/plain; charset=utf-8'): Reply {
  return { status, headers: { 'content-type': contentType, 'cache-control': 'no-store' }, body };
}

export const noContent: Reply = { status: 204, headers: {}, body: undefined };

/** The answer to what was refused. `status` where HTTP has a more fitting one than the code's. */
export function errorReply(error: RtdError, status: number = error.status): Reply {
  const body: HttpErrorBody = { error: { code: error.code, message: error.message } };
  const reply = json(status, body);
  const headers: Record<string, string> = { ...reply.headers };
  // RFC 9110: 401 must say how one proves oneself, 10.2.3: Retry-After is in whole seconds.
  if (status === 401) headers['www-authenticate'] = 'Bearer';
  const retryMillis = error.retryAfterMillis ?? (status === 503 ? 1_000 : undefined);
  if (retryMillis !== undefined) headers['retry-after'] = String(Math.max(1, Math.ceil(retryMillis / 1_000)));
  return { ...reply, headers };
}

/** Writes a reply on a raw response, and closes the connection after it: the request's body may not have been read. */
export function writeAndClose(response: ServerResponse, reply: Reply): void {
  response.writeHead(reply.status, { ...reply.headers, connection: 'close' });
  response.end(reply.body);
}

/** The same reply as bytes of HTTP/1.1, for a socket that no response belongs to any more (a refused upgrade). */
export function httpBytes(reply: Reply): Buffer {
  const body = Buffer.from(reply.body ?? '');
  const headers = { ...reply.headers, 'content-length': String(body.length), connection: 'close' };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${reply.status} Refused\r\n${lines.join('')}\r\n`, 'latin1'), body]);
}
