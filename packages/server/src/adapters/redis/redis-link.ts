/**
 * The two connections of a server to Redis: one for commands, one that listens. All adapters of this folder share them.
 *
 * Promises: nothing waits for a Redis that is away: commands fail at once, publications are dropped, and at most
 * {@link MAX_UNANSWERED} publications wait for an answer. The link comes back by itself; who listens is told, since what was
 * published meanwhile is lost. A connection that is open but dead is found by a pulse: a publication to oneself.
 */
import { RtdError } from '@rtd/protocol';
import { Redis } from 'ioredis';
import type { Clock, Timer } from '../../clock.ts';
import type { Log } from '../../telemetry/log.ts';

export interface RedisLinkOptions {
  readonly url: string;
  /** Names this server's pulse; no two links of a Redis may share it. */
  readonly name: string;
  readonly clock: Clock;
  readonly log: Log;
}

export interface ChannelListener {
  /** What was published, as it was. Must not throw. */
  received(text: string): void;
  /** The link is back after it was away: publications were missed. */
  recovered?(): void;
}

/** Publications without an answer; more are dropped. */
const MAX_UNANSWERED = 10_000;
const PULSE_MILLIS = 3_000;
const PULSE_LIMIT_MILLIS = 2_000;
const CONNECT_MILLIS = 2_000;
const RETRY_MILLIS = { least: 50, most: 1_000 };

export class RedisLink {
  readonly #commands: Redis;
  readonly #listener: Redis;
  readonly #listeners = new Map<string, Set<ChannelListener>>();
  readonly #pulseChannel: string;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #timer: Timer;
  #unanswered = 0;
  #beats = 0;
  #lost = false;
  /** Somebody was let listen while there was no connection. */
  #early = false;
  #closed = false;
  #pulseArrived: (() => void) | undefined;

  constructor({ url, name, clock, log }: RedisLinkOptions) {
    this.#clock = clock;
    this.#log = log;
    this.#pulseChannel = `rtd-pulse:${name}`;
    const common = {
      connectTimeout: CONNECT_MILLIS,
      retryStrategy: (attempt: number) => Math.min(RETRY_MILLIS.least * 2 ** Math.min(attempt, 10), RETRY_MILLIS.most),
    };
    this.#commands = new Redis(url, {
      ...common,
      maxRetriesPerRequest: 1,
      enableOfflineQueue: false,
      commandTimeout: PULSE_LIMIT_MILLIS,
    });
    this.#listener = new Redis(url, { ...common, autoResubscribe: false, enableOfflineQueue: false });
    this.#commands.on('error', () => this.#away());
    this.#listener.on('error', () => this.#away());
    this.#listener.on('close', () => this.#away());
    this.#listener.on('ready', () => void this.#listen());
    this.#listener.on('message', (channel: string, text: string) => {
      if (channel === this.#pulseChannel) this.#pulseArrived?.();
      for (const listener of this.#listeners.get(channel) ?? []) listener.received(text);
    });
    this.#timer = clock.every(PULSE_MILLIS, () => void this.#beat());
  }

  /** For commands that may fail: they reject at once while Redis is away. */
  get commands(): Redis {
    return this.#commands;
  }

  /** False from the first sign that Redis is away until everything is listened to again. */
  get isUp(): boolean {
    return !this.#lost && this.#commands.status === 'ready' && this.#listener.status === 'ready';
  }

  /** Never throws, never waits: dropped while Redis is away. */
  publish(channel: string, text: string): void {
    if (this.#commands.status !== 'ready' || this.#unanswered >= MAX_UNANSWERED) return;
    this.#unanswered += 1;
    const answered = (): void => {
      this.#unanswered -= 1;
    };
    this.#commands.publish(channel, text).then(answered, answered);
  }

  /** Resolves once listening; while Redis is away at once, and `recovered` follows. */
  async listen(channel: string, listener: ChannelListener): Promise<() => void> {
    const known = this.#listeners.get(channel);
    const listeners = known ?? new Set<ChannelListener>();
    listeners.add(listener);
    this.#listeners.set(channel, listeners);
    if (this.#listener.status !== 'ready') this.#early = true;
    else if (known === undefined) {
      // A failure here is a lost connection: the next one listens to everything anew.
      await this.#listener.subscribe(channel).catch(() => {});
    }
    return () => {
      listeners.delete(listener);
      if (listeners.size > 0 || this.#listeners.get(channel) !== listeners) return;
      this.#listeners.delete(channel);
      if (this.#listener.status === 'ready') this.#listener.unsubscribe(channel).catch(() => {});
    };
  }

  /** Resolves when a publication goes out and comes in again. @throws RtdError UNAVAILABLE */
  async check(): Promise<void> {
    if (this.#commands.status === 'ready' && this.#listener.status === 'ready' && (await this.#pulse())) return;
    throw new RtdError(
      'UNAVAILABLE',
      'Redis does not answer. It is tried again; this server goes on alone until then.',
    );
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer.cancel();
    this.#listeners.clear();
    this.#commands.disconnect();
    this.#listener.disconnect();
  }

  async #listen(): Promise<void> {
    try {
      await this.#listener.subscribe(this.#pulseChannel, ...this.#listeners.keys());
    } catch {
      return;
    }
    if (!this.#lost && !this.#early) return;
    if (this.#lost) this.#log.info('Redis answers again');
    this.#lost = false;
    this.#early = false;
    for (const listeners of this.#listeners.values()) for (const listener of listeners) listener.recovered?.();
  }

  #away(): void {
    if (this.#lost || this.#closed) return;
    this.#lost = true;
    this.#log.warn('Redis does not answer: this server goes on alone, trying again');
  }

  async #beat(): Promise<void> {
    if (this.#commands.status !== 'ready' || this.#listener.status !== 'ready') return;
    if ((await this.#pulse()) || this.#closed) return;
    this.#away();
    // Open, but nothing comes through: only a new connection can tell.
    this.#commands.disconnect(true);
    this.#listener.disconnect(true);
  }

  /** True when a publication to oneself came in within the limit. One at a time is enough for all who ask. */
  #pulse(): Promise<boolean> {
    this.#beats += 1;
    return new Promise((resolve) => {
      const before = this.#pulseArrived;
      const end = (arrived: boolean): void => {
        limit.cancel();
        resolve(arrived);
      };
      const limit = this.#clock.after(PULSE_LIMIT_MILLIS, () => end(false));
      this.#pulseArrived = () => {
        this.#pulseArrived = undefined;
        before?.();
        end(true);
      };
      this.publish(this.#pulseChannel, String(this.#beats));
    });
  }
}
