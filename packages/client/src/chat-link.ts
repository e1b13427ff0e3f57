/**
 * Which wire a chat session has: the better transport where it can be had, the other one where not, and honest words
 * where neither. It promises that a session has at most one wire at a time, and tells it of each before anything comes
 * over it.
 */
import { Backoff } from './backoff.ts';
import type { ChatTransport } from './chat-session.ts';
import type { ChatWire, ChatWireEvents } from './chat-wire.ts';
import type { Clock, Timer } from './clock.ts';
import type { HttpApi } from './http-api.ts';
import type { Credentials } from './identity.ts';
import { endingOf, endingOfKnown, type LinkEnding, whyOf } from './link-ending.ts';
import { type LinkAttempt, LinkKeeper, type LinkReport } from './link-keeper.ts';
import type { LinkState, WireChunk } from './link-state.ts';
import { PollChatWire } from './poll-chat-wire.ts';
import { linkEndingOf, StompChatWire } from './stomp-chat-wire.ts';
import { openStompConnection, type StompConnection, type StompEnding, type StompWelcome } from './stomp-connection.ts';

export interface ChatLinkOptions {
  readonly transport: ChatTransport;
  readonly webSocketUrl: string;
  readonly WebSocket: typeof globalThis.WebSocket;
  readonly api: HttpApi;
  readonly credentials: Credentials;
  readonly device: string | undefined;
  readonly guestName: string | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  readonly onWire?: ((chunk: WireChunk) => void) | undefined;
  readonly events: Omit<ChatWireEvents, 'ended'>;
  onState(state: LinkState): void;
  /** The one wire from now on; undefined when there is none. */
  onWireChange(wire: ChatWire | undefined): void;
  /** The server has said who we are. */
  onSelf(userId: string): void;
}

const CONNECT_MILLIS = 10_000;
/** While polling, the better transport is tried again: after 10 s first, then more and more rarely. */
const FIRST_BETTER_TRY_MILLIS = 10_000;
/** WebSockets that die this young, so many in a row, are no better transport. */
const SHORT_LIFE_MILLIS = 10_000;
const SHORT_LIVES = 3;

export class ChatLink {
  readonly #options: ChatLinkOptions;
  readonly #keeper: LinkKeeper;
  /** True once a WebSocket could not be had where HTTP could. */
  #pollsFirst: boolean;
  #everUp = false;
  #shortLives = 0;
  #wire: ChatWire | undefined;

  constructor(options: ChatLinkOptions) {
    this.#options = options;
    this.#pollsFirst = options.transport === 'poll';
    this.#keeper = new LinkKeeper({
      clock: options.clock,
      random: options.random,
      open: (report) => this.#open(report),
      onState: (state) => options.onState(state),
    });
  }

  get state(): LinkState {
    return this.#keeper.state;
  }

  start(): void {
    this.#keeper.connect();
  }

  /** Where it polls, the better transport is tried, too. */
  reconnectNow(): void {
    if (this.state.kind === 'polling' && this.#options.transport === 'auto') {
      this.#pollsFirst = false;
      this.#keeper.connect();
    } else this.#keeper.connectNow();
  }

  goOffline(): void {
    this.#keeper.goOffline();
  }

  async close(): Promise<void> {
    const wire = this.#wire;
    this.#setWire(undefined);
    await wire?.close();
    this.#keeper.close();
  }

  #open(report: LinkReport): LinkAttempt {
    return this.#pollsFirst ? this.#openPolling(report) : this.#openWebSocket(report);
  }

  #openWebSocket(report: LinkReport): LinkAttempt {
    const abort = new AbortController();
    this.#connect(
      abort.signal,
      (outcome) => {
        if (outcome.kind === 'connected') {
          this.#takeWire(outcome.wire, report);
          return;
        }
        this.#diagnose(outcome, abort.signal).then(
          (ending) => report.ended(ending),
          (thrown: unknown) => {
            if (!abort.signal.aborted) report.ended({ kind: 'lost', why: whyOf(thrown) });
          },
        );
      },
      report,
    );
    return { close: () => this.#closeAttempt(abort) };
  }

  #openPolling(report: LinkReport): LinkAttempt {
    const { api, clock, random, events, transport } = this.#options;
    const abort = new AbortController();
    let betterTry: Timer | undefined;
    const pause = new Backoff(random);
    pause.startFrom(FIRST_BETTER_TRY_MILLIS);
    const tryBetter = (): void => {
      betterTry = clock.after(pause.next(), () => {
        this.#connect(
          abort.signal,
          (outcome) => {
            if (outcome.kind !== 'connected') {
              tryBetter();
              return;
            }
            this.#pollsFirst = false;
            wire.abort();
            this.#takeWire(outcome.wire, report);
          },
          report,
        );
      });
    };
    abort.signal.addEventListener('abort', () => betterTry?.cancel(), { once: true });
    const wire = new PollChatWire({
      api,
      clock,
      random,
      events: { ...events, ended: (ending) => this.#wireEnded(wire, ending, report) },
      onUp: () => {
        if (this.#wire === wire || wire.ended) return;
        this.#takeWire(wire, report);
        if (transport === 'auto') tryBetter();
      },
    });
    abort.signal.addEventListener('abort', () => wire.abort(), { once: true });
    return { close: () => this.#closeAttempt(abort) };
  }

  #closeAttempt(abort: AbortController): void {
    abort.abort(new Error('the attempt was given up'));
    this.#wire?.abort();
    this.#setWire(undefined);
  }

  /** Opens a STOMP connection; tells `onOutcome` once whether it came up, and nothing after `signal` aborts. */
  #connect(signal: AbortSignal, onOutcome: (outcome: Outcome) => void, report: LinkReport): void {
    this.#connectHeaders().then(
      (connectHeaders) => {
        if (!signal.aborted) this.#openConnection(connectHeaders, signal, onOutcome, report);
      },
      (thrown: unknown) => {
        if (!signal.aborted) onOutcome({ kind: 'no-token', thrown });
      },
    );
  }

  #openConnection(
    connectHeaders: Readonly<Record<string, string>>,
    signal: AbortSignal,
    onOutcome: (outcome: Outcome) => void,
    report: LinkReport,
  ): void {
    const { api, clock, events, guestName, onWire, webSocketUrl, WebSocket } = this.#options;
    let wire: StompChatWire | undefined;
    let upSince = 0;
    const onConnected = ({ userName }: StompWelcome): void => {
      upSince = clock.now();
      const stomp = new StompChatWire({
        connection,
        api,
        clock,
        guestName,
        events: { ...events, ended: (ending) => this.#wireEnded(stomp, ending, report) },
      });
      wire = stomp;
      if (userName !== undefined) this.#options.onSelf(userName);
      onOutcome({ kind: 'connected', wire: stomp });
    };
    const onEnded = (ending: StompEnding): void => {
      signal.removeEventListener('abort', close);
      if (wire === undefined) {
        onOutcome({ kind: 'failed', ending });
        return;
      }
      this.#countLife(clock.now() - upSince, ending);
      wire.connectionOnEnded(ending);
    };
    let connection: StompConnection;
    try {
      connection = openStompConnection({
        webSocketUrl,
        WebSocket,
        clock,
        connectHeaders,
        onWire,
        connectTimeoutMillis: CONNECT_MILLIS,
        onConnected,
        onEnded,
      });
    } catch {
      // No WebSocket in this environment, or (in a browser) none that this page may have.
      onOutcome({ kind: 'failed', ending: { kind: 'not-opened' } });
      return;
    }
    const close = (): void => connection.close();
    signal.addEventListener('abort', close, { once: true });
  }

  async #connectHeaders(): Promise<Record<string, string>> {
    const { credentials, device, webSocketUrl } = this.#options;
    return {
      host: new URL(webSocketUrl).hostname,
      ...(await credentials.connectHeaders()),
      ...(device === undefined ? {} : { device }),
    };
  }

  #takeWire(wire: ChatWire, report: LinkReport): void {
    this.#everUp = true;
    this.#setWire(wire);
    report.up(wire.kind);
  }

  #setWire(wire: ChatWire | undefined): void {
    if (this.#wire === wire) return;
    this.#wire = wire;
    this.#options.onWireChange(wire);
  }

  #wireEnded(wire: ChatWire, ending: LinkEnding, report: LinkReport): void {
    if (this.#wire === wire) this.#setWire(undefined);
    else if (this.#wire !== undefined) return;
    report.ended(this.#known(ending));
  }

  #known(ending: LinkEnding): LinkEnding {
    return this.#everUp ? endingOfKnown(ending) : ending;
  }

  #countLife(millis: number, ending: StompEnding): void {
    if (ending.kind === 'error' || millis > SHORT_LIFE_MILLIS) this.#shortLives = 0;
    else this.#shortLives += 1;
    if (this.#shortLives < SHORT_LIVES || this.#options.transport !== 'auto') return;
    this.#shortLives = 0;
    this.#pollsFirst = true;
  }

  /** A WebSocket says nothing of why it could not be had, so HTTP is asked. */
  async #diagnose(failed: Exclude<Outcome, { kind: 'connected' }>, signal: AbortSignal): Promise<LinkEnding> {
    const { api, transport } = this.#options;
    if (failed.kind === 'no-token') return endingOf(failed.thrown);
    try {
      await api.health(signal);
      // Who we are is asked for here, not above.
      await api.conversations(signal);
    } catch (thrown) {
      signal.throwIfAborted();
      return this.#known(endingOf(thrown));
    }
    const { ending } = failed;
    if (ending.kind === 'error') return linkEndingOf(ending, api.baseUrl);
    if (transport === 'auto') {
      this.#pollsFirst = true;
      return { kind: 'again' };
    }
    const why = `${api.baseUrl} is there, but no WebSocket gets through to it: something between may be in the way. Polling would work.`;
    return { kind: 'lost', why };
  }
}

type Outcome =
  | { readonly kind: 'connected'; readonly wire: StompChatWire }
  | { readonly kind: 'failed'; readonly ending: StompEnding }
  | { readonly kind: 'no-token'; readonly thrown: unknown };
