/** Who the client says it is. */

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
