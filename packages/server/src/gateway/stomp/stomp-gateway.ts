/** STOMP for every client of a server: the sessions, and the one sweep that keeps their time. */
import type { IncomingHttpHeaders } from 'node:http';
import { RtdError } from '@rtd/protocol';
import type { Timer } from '../../clock.ts';
import { LEAST_WAITING_BYTES, type WaitingClient } from '../../fan-out/slow-clients.ts';
import { createMessageFormats } from './message-formats.ts';
import type { StompGatewayOptions, StompServices } from './stomp-services.ts';
import { StompSession } from './stomp-session.ts';
import type { StompTransport, StompTransportEvents } from './stomp-transport.ts';

export type { StompGatewayOptions } from './stomp-services.ts';

const SWEEP_MILLIS = 1_000;
/** Clients are closed one after the other over this time, so that they do not all come back at once. */
const DRAIN_MILLIS = 3_000;
const DRAIN_STEP_MILLIS = 100;
const SERVICE_RESTART = 1_012;
const RESTART_REASON = 'The server restarts. Connect again.';

export interface StompGateway {
  /** Begins a session; the transport tells it what happens by the events that are returned. */
  accept(transport: StompTransport, request: { readonly headers: IncomingHttpHeaders }): StompTransportEvents;
  /** Sessions, connected or about to be. */
  readonly connections: number;
  /** Different users with at least one connected session. */
  readonly users: number;
  /** Clients that do not take what is written to them. Asks every connection: for metrics. */
  waitingClients(): Iterable<WaitingClient>;
  /** Ends every session of the user with an ERROR that says `reason`. */
  closeUser(userId: string, reason: string): void;
  /** Refuses new clients and closes the others with 1012, spread over three seconds, each after its answers. Resolves when none is left. */
  drain(): Promise<void>;
}

export function createStompGateway(options: StompGatewayOptions): StompGateway {
  return new SweptStompGateway(options);
}

class SweptStompGateway implements StompGateway {
  readonly #services: StompServices;
  readonly #sessions = new Set<StompSession>();
  /** User -> connected sessions. */
  readonly #users = new Map<string, number>();
  #sweptAt: number;
  /** Runs while there is anybody to sweep. */
  #sweeping: Timer | undefined;
  #draining: Promise<void> | undefined;
  #emptied: (() => void) | undefined;

  constructor(options: StompGatewayOptions) {
    const { limits, clock } = options;
    const lines = { headers: limits.HEADERS, headerBytes: limits.HEADER_BYTES };
    const sweptAt = (): number => this.#sweptAt;
    this.#sweptAt = seconds(clock.monotonic());
    this.#services = {
      ...options,
      randomId: () => options.randomId(),
      formats: createMessageFormats(options.randomId()),
      preconnectLimits: { ...lines, frameBytes: limits.PRECONNECT_BYTES },
      parserLimits: { ...lines, frameBytes: limits.FRAME_BYTES },
      get sweptAt() {
        return sweptAt();
      },
      sessionConnected: (_, userId) => {
        this.#users.set(userId, (this.#users.get(userId) ?? 0) + 1);
      },
      sessionEnded: (session, userId) => this.#forget(session, userId),
    };
  }

  get connections(): number {
    return this.#sessions.size;
  }

  get users(): number {
    return this.#users.size;
  }

  *waitingClients(): Generator<WaitingClient> {
    for (const { transport, userId = '' } of this.#sessions) {
      const { queuedBytes, kind } = transport;
      if (queuedBytes >= LEAST_WAITING_BYTES) yield { transport: kind, user: userId, queuedBytes };
    }
  }

  accept(transport: StompTransport, request: { readonly headers: IncomingHttpHeaders }): StompTransportEvents {
    if (this.#sweeping === undefined) this.#startSweeping();
    const session = new StompSession(this.#services, transport, request.headers);
    this.#sessions.add(session);
    // After the caller has been given the session: it tells the transport of it first.
    if (this.#draining !== undefined) queueMicrotask(() => session.end(SERVICE_RESTART, RESTART_REASON));
    return session;
  }

  closeUser(userId: string, reason: string): void {
    for (const session of this.#sessions) {
      if (session.userId === userId) session.fail(new RtdError('UNAUTHENTICATED', reason));
    }
  }

  drain(): Promise<void> {
    this.#draining ??= this.#closeAll();
    return this.#draining;
  }

  async #closeAll(): Promise<void> {
    const sessions = [...this.#sessions];
    const { clock } = this.#services;
    const share = Math.ceil(sessions.length / (DRAIN_MILLIS / DRAIN_STEP_MILLIS));
    const closeSome = (): void => {
      for (const session of sessions.splice(0, share)) session.endAfterAnswers(SERVICE_RESTART, RESTART_REASON);
    };
    closeSome();
    const steps = clock.every(DRAIN_STEP_MILLIS, closeSome);
    if (this.#sessions.size > 0) {
      await new Promise<void>((resolve) => {
        this.#emptied = resolve;
      });
    }
    steps.cancel();
  }

  #forget(session: StompSession, userId: string | undefined): void {
    this.#sessions.delete(session);
    if (userId !== undefined) {
      const left = (this.#users.get(userId) ?? 1) - 1;
      if (left === 0) this.#users.delete(userId);
      else this.#users.set(userId, left);
    }
    if (this.#sessions.size > 0) return;
    this.#sweeping?.cancel();
    this.#sweeping = undefined;
    this.#emptied?.();
  }

  #startSweeping(): void {
    const { clock } = this.#services;
    this.#sweptAt = seconds(clock.monotonic());
    this.#sweeping = clock.every(SWEEP_MILLIS, () => {
      this.#sweptAt = seconds(clock.monotonic());
      const now = clock.now();
      for (const session of this.#sessions) session.sweep(this.#sweptAt, now);
    });
  }
}

function seconds(millis: number): number {
  return Math.floor(millis / 1_000);
}
