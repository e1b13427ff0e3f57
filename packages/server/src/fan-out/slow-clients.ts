/**
 * Who makes the server wait: the few clients with the most bytes queued, for who looks. Bounded however many are slow, and
 * free while nobody looks.
 */

/** A client that has not taken what was written to it. */
export interface WaitingClient {
  /** `websocket`, `sse`, … */
  readonly transport: string;
  /** Empty before it has said who it is. */
  readonly user: string;
  readonly queuedBytes: number;
}

/** Less than this is on its way, and says nothing of a client. */
export const LEAST_WAITING_BYTES = 16_384;
/** The most that are named. */
export const MOST_SLOW_CLIENTS = 5;

/** The worst first, at most {@link MOST_SLOW_CLIENTS}. What a user has waiting on several connections of a transport counts as one. */
export function slowestOf(waiting: Iterable<WaitingClient>): readonly WaitingClient[] {
  const clients = new Map<string, WaitingClient>();
  for (const client of waiting) {
    const key = `${client.transport} ${client.user}`;
    const other = clients.get(key)?.queuedBytes ?? 0;
    clients.set(key, other === 0 ? client : { ...client, queuedBytes: client.queuedBytes + other });
  }
  return [...clients.values()].toSorted((a, b) => b.queuedBytes - a.queuedBytes).slice(0, MOST_SLOW_CLIENTS);
}
