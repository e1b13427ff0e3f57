/**
 * Brings the server a newer token before the present one ends, where the program gave a function to ask for it: the
 * connection goes on without a break. Asked a minute before the end, then every ten seconds until there is a newer one.
 */
import { destinations } from '@rtd/protocol';
import type { ChatWire } from './chat-wire.ts';
import type { Clock, Timer } from './clock.ts';
import type { Credentials } from './identity.ts';
import { readTokenClaims } from './token-claims.ts';

const EARLY_MILLIS = 60_000;
const AGAIN_MILLIS = 10_000;
/** Timers do not reach further than 24 days: a far end is looked at again. */
const LONGEST_WAIT_MILLIS = 3_600_000;

export class TokenRenewal {
  readonly #clock: Clock;
  readonly #credentials: Credentials;
  readonly #onSubject: (userId: string) => void;
  #wire: ChatWire | undefined;
  #timer: Timer | undefined;

  /** `onSubject` is told whom the token names. */
  constructor(clock: Clock, credentials: Credentials, onSubject: (userId: string) => void) {
    this.#clock = clock;
    this.#credentials = credentials;
    this.#onSubject = onSubject;
  }

  attach(wire: ChatWire): void {
    this.detach();
    this.#wire = wire;
    this.#look(undefined);
  }

  detach(): void {
    this.#wire = undefined;
    this.#timer?.cancel();
  }

  /** `known` is the token that the server has. */
  #look(known: string | undefined): void {
    const wire = this.#wire;
    this.#credentials.presentToken().then(
      (token) => {
        if (this.#wire === wire && wire !== undefined && token !== undefined) this.#take(wire, token, known);
      },
      () => {
        if (this.#wire === wire && wire !== undefined) this.#lookAfter(AGAIN_MILLIS, known);
      },
    );
  }

  #take(wire: ChatWire, token: string, known: string | undefined): void {
    const { subject, expiresAt } = readTokenClaims(token);
    if (subject !== undefined) this.#onSubject(subject);
    if (known !== undefined && token !== known) wire.tell(destinations.authRefresh, { token });
    if (!this.#credentials.renewable || expiresAt === undefined) return;
    const dueIn = expiresAt - EARLY_MILLIS - this.#clock.now();
    this.#lookAfter(Math.min(Math.max(dueIn, AGAIN_MILLIS), LONGEST_WAIT_MILLIS), token);
  }

  #lookAfter(millis: number, known: string | undefined): void {
    this.#timer?.cancel();
    this.#timer = this.#clock.after(millis, () => this.#look(known));
  }
}
