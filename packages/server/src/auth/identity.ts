/** Who a connection is, until when, and what it may do. */
import type { DeviceId, UserId } from '@rtd/protocol';

export interface Identity {
  readonly userId: UserId;
  readonly userName: string;
  /** True where the name was made up (`guest-…`, open auth only): only then may a message carry its own `sender` name. */
  readonly guest: boolean;
  readonly admin: boolean;
  /** Epoch milliseconds at which the connection ends; undefined: never. */
  readonly expiresAt: number | undefined;
}

/** An identity on one of its devices (contract, section 2: CONNECT header `device`). */
export interface DeviceIdentity extends Identity {
  readonly device: DeviceId;
}

/** What a client brings to prove who it is: STOMP CONNECT headers or HTTP headers. */
export interface Credentials {
  /** The whole `Authorization` header, or `Bearer <access_token>` from a query. */
  readonly authorization: string | undefined;
  /** `X-User-Id`. Heeded only where auth is open. */
  readonly userId: string | undefined;
  /** STOMP `login`. Heeded only where auth is open. */
  readonly login: string | undefined;
}

export interface Authenticator {
  readonly mode: 'open' | 'jwt';
  /**
   * @throws RtdError UNAUTHENTICATED, with the same text whatever was wrong (stomp-rules 8); VALIDATION where an open
   * name does not fit the alphabet.
   */
  authenticate(credentials: Credentials): Promise<Identity>;
}
