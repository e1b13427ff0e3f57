/**
 * The one way out to a client, whatever its transport: the sole writer of its socket.
 *
 * Promises: bytes leave in the order of `write`; what is written within one turn of the loop leaves in one system call;
 * the very same Uint8Array may be given to any number of outlets (it is never copied or changed).
 */
export interface Outlet {
  /** Bytes that were written here and that the kernel has not yet taken. */
  readonly queuedBytes: number;
  /** False from the moment that nothing more can leave. */
  readonly isOpen: boolean;
  /** Queues bytes that are already framed for this transport. Does nothing when closed. */
  write(framed: Uint8Array): void;
  /** Calls `listener` once, never before this call returns: when the kernel has all that was written before, or the outlet has closed. */
  onceDrained(listener: () => void): void;
}
