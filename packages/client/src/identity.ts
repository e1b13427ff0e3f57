/** Who the client says it is, and how that is written into a STOMP CONNECT and into HTTP requests. */
import { RtdError, UserId } from '@rtd/protocol';

export interface ClientIdentity {
  /** Heeded by a server with `open` auth. Left out (and no token): a guest id is made up, and kept for the whole session. */
  readonly userId?: string | undefined;
  /** The display name of a guest; the server ignores it from everybody else. */
  readonly name?: string | undefined;
  /** A JWT, or a function that gives the present one: asked at every connect and every request. */
  readonly token?: string | (() => string | Promise<string>) | undefined;
}

/** Who the server says this is. */
export interface Self {
  readonly userId: string;
}

/** The identity of one session: fixed from the start, but for the token, which may be renewed. */
export class Credentials {
  /** Undefined where a token says it. */
  readonly userId: UserId | undefined;
  #token: ClientIdentity['token'];

  /** @throws RtdError VALIDATION for a user id that cannot be one. */
  constructor(identity: ClientIdentity) {
    this.#token = identity.token;
    this.userId = identity.userId === undefined ? undefined : parseUserId(identity.userId);
  }

  replaceToken(token: string): void {
    this.#token = token;
  }

  /** True where a newer token can be asked for. */
  get renewable(): boolean {
    return typeof this.#token === 'function';
  }

  /** Headers of a STOMP CONNECT. */
  async connectHeaders(): Promise<Record<string, string>> {
    const token = await this.presentToken();
    if (token !== undefined) return { Authorization: `Bearer ${token}` };
    return this.userId === undefined ? {} : { 'X-User-Id': this.userId };
  }

  /** Headers of an HTTP request: as for CONNECT, in bytes that HTTP can carry. */
  async httpHeaders(): Promise<Record<string, string>> {
    const headers = await this.connectHeaders();
    return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, utf8AsHeaderValue(value)]));
  }

  /** Undefined where there is none. @throws RtdError UNAVAILABLE when the function that gives it fails. */
  async presentToken(): Promise<string | undefined> {
    if (typeof this.#token !== 'function') return this.#token;
    try {
      return await this.#token();
    } catch (thrown) {
      const why = thrown instanceof Error ? thrown.message : String(thrown);
      throw new RtdError('UNAVAILABLE', `The token could not be had: ${why}`, { cause: thrown });
    }
  }
}

function parseUserId(text: string): UserId {
  const parsed = UserId.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new RtdError(
    'VALIDATION',
    `"${text}" cannot be a user id: use 1 to 64 letters, digits or . _ - : @, without spaces.`,
  );
}

/** fetch takes header values as bytes, one a character: a name outside Latin-1 goes as its UTF-8 bytes. */
function utf8AsHeaderValue(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}
