/**
 * One HTTP request to an RTD server and its answer, parsed. Whatever goes wrong becomes one RtdError: the one that the
 * server sent, or an UnreachableError for a server that does not answer or is none of ours.
 */
import { ERRORS, type ErrorCode, HttpErrorBody, RtdError } from '@rtd/protocol';
import type { Clock } from './clock.ts';
import type { Credentials } from './identity.ts';

/** The server could not be asked: `reason` for programs, the message for people. */
export class UnreachableError extends RtdError {
  readonly reason: 'no-connection' | 'timeout' | 'not-rtd';

  constructor(reason: UnreachableError['reason'], message: string, cause?: unknown) {
    super(reason === 'not-rtd' ? 'NOT_FOUND' : 'UNAVAILABLE', message, { cause });
    this.name = 'UnreachableError';
    this.reason = reason;
  }
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** With a leading slash, parts already encoded. */
  readonly path: string;
  /** What is undefined is left out. */
  readonly query?: Readonly<Record<string, string | number | undefined>> | undefined;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Until the last byte of the answer. */
  readonly timeoutMillis: number;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
  readonly response: Response;
}

export interface HttpPeer {
  readonly baseUrl: string;
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  readonly credentials: Credentials;
}

/** The answer, whatever its status. @throws UnreachableError; what `signal` aborted with. */
export async function request(peer: HttpPeer, wanted: HttpRequest): Promise<HttpAnswer> {
  const timeout = new AbortController();
  const timer = peer.clock.after(wanted.timeoutMillis, () => timeout.abort());
  const signal = wanted.signal === undefined ? timeout.signal : AbortSignal.any([wanted.signal, timeout.signal]);
  try {
    const response = await peer.fetch(requestUrl(peer.baseUrl, wanted), {
      method: wanted.method,
      headers: {
        accept: 'application/json',
        ...(wanted.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(await peer.credentials.httpHeaders()),
        ...wanted.headers,
      },
      ...(wanted.body === undefined ? {} : { body: JSON.stringify(wanted.body) }),
      signal,
    });
    return { status: response.status, text: await response.text(), response };
  } catch (error) {
    wanted.signal?.throwIfAborted();
    if (timeout.signal.aborted) throw timedOut(peer.baseUrl, wanted.timeoutMillis);
    throw noConnection(peer.baseUrl, error);
  } finally {
    timer.cancel();
  }
}

export function requestUrl(baseUrl: string, wanted: Pick<HttpRequest, 'path' | 'query'>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(wanted.query ?? {})) {
    if (value !== undefined) query.set(name, String(value));
  }
  const text = query.toString();
  return `${baseUrl}${wanted.path}${text === '' ? '' : `?${text}`}`;
}

/** The refusal that an answer other than 2xx carries. */
export function refusalOf(baseUrl: string, answer: HttpAnswer): RtdError {
  const retryAfterMillis = retryAfterOf(answer.response);
  const options = retryAfterMillis === undefined ? {} : { retryAfterMillis };
  const body = HttpErrorBody.safeParse(parseJson(answer.text));
  if (body.success) {
    const { code, message } = body.data.error;
    return new RtdError(isErrorCode(code) ? code : codeOfStatus(answer.status), message, options);
  }
  if (answer.status === 401 || answer.status === 403) {
    return new RtdError(codeOfStatus(answer.status), `${baseUrl} answered ${answer.status}: it does not let you in.`);
  }
  if (answer.status === 429 || (answer.status >= 502 && answer.status <= 504)) {
    const message = `A gateway before ${baseUrl} answered ${answer.status}: the server behind it cannot be reached now.`;
    return new RtdError('UNAVAILABLE', message, options);
  }
  return notRtd(baseUrl, `it answered ${answer.status}${kindOf(answer)}`);
}

export function notRtd(baseUrl: string, evidence: string): UnreachableError {
  return new UnreachableError(
    'not-rtd',
    `${baseUrl} is no RTD server that this client understands: ${evidence}. Check the address and its port.`,
  );
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What the answer is, where it is not JSON: people paste addresses of web pages. */
export function kindOf(answer: HttpAnswer): string {
  const type = answer.response.headers.get('content-type')?.split(';')[0] ?? 'no content type';
  return type.includes('json') ? '' : ` with ${type === 'text/html' ? 'a web page' : type}`;
}

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code);
}

function codeOfStatus(status: number): ErrorCode {
  for (const [code, { status: usual }] of Object.entries(ERRORS)) {
    if (usual === status && isErrorCode(code)) return code;
  }
  return status >= 500 ? 'INTERNAL' : 'VALIDATION';
}

function retryAfterOf(response: Response): number | undefined {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : undefined;
}

function timedOut(baseUrl: string, millis: number): UnreachableError {
  return new UnreachableError(
    'timeout',
    `${baseUrl} did not answer within ${Math.ceil(millis / 1_000)} s. Check the address, or try again later.`,
  );
}

/** An UnreachableError for what `fetch` threw. */
export function noConnection(baseUrl: string, thrown: unknown): RtdError {
  if (thrown instanceof RtdError) return thrown;
  if (isNotHttp(thrown)) return notRtd(baseUrl, 'what answers there speaks no HTTP');
  const why = WHY_NO_CONNECTION.get(systemCodeOf(thrown)) ?? 'the connection failed';
  return new UnreachableError(
    'no-connection',
    `Cannot reach ${baseUrl}: ${why}. Check the address, or start a server there with "rtd serve".`,
    thrown,
  );
}

const WHY_NO_CONNECTION: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'nothing listens there'],
  ['ENOTFOUND', 'there is no host of that name'],
  ['EAI_AGAIN', 'the host name cannot be looked up now'],
  ['ECONNRESET', 'the connection was cut'],
  ['UND_ERR_SOCKET', 'the connection was cut'],
  ['EPIPE', 'the connection was cut'],
  ['ETIMEDOUT', 'no answer'],
  ['UND_ERR_CONNECT_TIMEOUT', 'no answer'],
  ['EHOSTUNREACH', 'there is no way to that host'],
  ['ENETUNREACH', 'there is no network'],
  ['CERT_HAS_EXPIRED', 'its certificate has expired'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'its certificate is self-signed'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'its certificate cannot be verified'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'it does not speak https: try http'],
]);

/** Node's fetch does not always give its parser's errors a code. */
function isNotHttp(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.cause instanceof Error && thrown.cause.name === 'HTTPParserError';
}

/** Node's fetch puts the system's error under `cause`, and several tries under `errors`. */
function systemCodeOf(thrown: unknown): string {
  for (let depth = 0, error = thrown; depth < 4 && error instanceof Error; depth++) {
    if ('code' in error && typeof error.code === 'string') return error.code;
    error = error.cause ?? (error instanceof AggregateError ? error.errors[0] : undefined);
  }
  return '';
}
