/**
 * People who talk in `global` on several servers at once, readers on each, and the count of what went wrong. It believes
 * nobody: acknowledged is what a sender was told, seen is what a reader was given, and stored is what the history has.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type ChatSession, connectChat, createHttpApi } from '@rtd/client';
import type { ChatMessage } from '@rtd/protocol';
import { expect, vi } from 'vitest';

/** Between two messages of a person: hundreds a second are a load, and more only take the machine from who is to recover. */
const BREATH_MILLIS = 20;
const CATCH_UP = { timeout: 40_000, interval: 50 };

interface Reader {
  readonly session: ChatSession;
  readonly seen: ChatMessage[];
  /** Times that its link was not live, after it had been. */
  breaks: number;
}

/** What must all be 0. */
export interface Faults {
  /** Acknowledged, and not stored, or not seen by some reader. */
  readonly lost: number;
  /** Stored or seen more than once. */
  readonly repeated: number;
  /** Seen behind a later one, or with a hole before it. */
  readonly reordered: number;
  /** Seen, and not stored. */
  readonly ghosts: number;
}

export const NO_FAULTS: Faults = { lost: 0, repeated: 0, reordered: 0, ghosts: 0 };

export class Traffic {
  readonly #urls: readonly string[];
  readonly #run: string;
  readonly #senders: ChatSession[] = [];
  readonly #readers: Reader[] = [];
  /** Content -> the seq that the sender was told. */
  readonly acknowledged = new Map<string, number>();
  readonly refused: string[] = [];
  #sending: Promise<unknown>[] = [];
  #talking = true;
  #number = 0;

  /** `run` tells what is said here from what was said before. */
  constructor(urls: readonly string[], run: string) {
    this.#urls = urls;
    this.#run = run;
    for (const [index, url] of urls.entries()) {
      for (let person = 0; person < 4; person += 1) {
        this.#senders.push(connectChat({ url, identity: { userId: `${run}-s${index}-${person}` } }));
      }
    }
  }

  get breaks(): number {
    return this.#readers.reduce((sum, reader) => sum + reader.breaks, 0);
  }

  /** Everybody is connected, and the readers begin behind what was said before. */
  async ready(): Promise<void> {
    const [first = ''] = this.#urls;
    const { messages } = await createHttpApi({ url: first }).history({ conversationId: 'global', limit: 1 });
    const afterSeq = messages.at(-1)?.seq ?? 0;
    for (const [index, url] of this.#urls.entries()) {
      for (const person of [0, 1]) this.#readers.push(this.#read(url, `${this.#run}-r${index}-${person}`, afterSeq));
    }
    for (const session of [...this.#senders, ...this.#readers.map((reader) => reader.session)]) {
      await vi.waitFor(() => expect(session.state.kind).toBe('live'), CATCH_UP);
    }
  }

  /** Talks until `finish`: each sender sends its next message when it was told of the one before. */
  start(): void {
    this.#sending = this.#senders.map(async (session) => {
      while (this.#talking) {
        await this.#sendOne(session);
        await pause(BREATH_MILLIS);
      }
    });
  }

  /** Resolves when `count` more messages were acknowledged from now on. */
  async acknowledge(count: number): Promise<void> {
    const wanted = this.acknowledged.size + count;
    await vi.waitFor(() => expect(this.acknowledged.size).toBeGreaterThanOrEqual(wanted), CATCH_UP);
  }

  /** Ends talking, waits until every reader has all that was acknowledged, and counts. */
  async finish(): Promise<Faults> {
    this.#talking = false;
    await Promise.all(this.#sending);
    const last = Math.max(...this.acknowledged.values());
    for (const { seen } of this.#readers) {
      await vi.waitFor(() => expect(seen.at(-1)?.seq ?? 0).toBeGreaterThanOrEqual(last), CATCH_UP).catch(() => {});
    }
    const stored = await this.#stored();
    return this.#count(stored);
  }

  async close(): Promise<void> {
    this.#talking = false;
    await Promise.all([...this.#senders, ...this.#readers.map((reader) => reader.session)].map((each) => each.close()));
  }

  async #sendOne(session: ChatSession): Promise<void> {
    this.#number += 1;
    const content = `${this.#run}, message ${this.#number}`;
    const outcome = await session.send({ content }).settled;
    if (outcome.kind === 'sent') this.acknowledged.set(content, outcome.seq);
    else this.refused.push(`${content}: ${outcome.error.code}`);
  }

  #read(url: string, userId: string, afterSeq: number): Reader {
    const session = connectChat({ url, identity: { userId } });
    const reader: Reader = { session, seen: [], breaks: 0 };
    let live = false;
    session.on('state', (state) => {
      if (live && state.kind !== 'live') reader.breaks += 1;
      live = state.kind === 'live';
    });
    session.subscribe('global', { afterSeq, onMessage: (message) => reader.seen.push(message) });
    return reader;
  }

  /** The whole history, from the first server that answers. */
  async #stored(): Promise<readonly ChatMessage[]> {
    const [url = ''] = this.#urls;
    const api = createHttpApi({ url });
    const all: ChatMessage[] = [];
    for (;;) {
      const { messages, hasMore } = await api.history({
        conversationId: 'global',
        after: all.at(-1)?.seq ?? 0,
        limit: 500,
      });
      all.push(...messages);
      if (!hasMore) return all;
    }
  }

  #count(stored: readonly ChatMessage[]): Faults {
    const places = new Map(stored.map((message) => [message.content, message.seq]));
    const ids = new Set(stored.map((message) => message.id));
    const faults = { lost: 0, repeated: stored.length - places.size, reordered: 0, ghosts: 0 };
    for (const [index, { seq }] of stored.entries()) if (seq !== index + 1) faults.reordered += 1;
    for (const [content, seq] of this.acknowledged) if (places.get(content) !== seq) faults.lost += 1;
    for (const { seen } of this.#readers) {
      const seqs = new Set<number>();
      let before: number | undefined;
      for (const { id, seq } of seen) {
        if (seqs.has(seq)) faults.repeated += 1;
        else if (before !== undefined && seq !== before + 1) faults.reordered += 1;
        if (!ids.has(id)) faults.ghosts += 1;
        seqs.add(seq);
        before = seq;
      }
      for (const seq of this.acknowledged.values()) if (!seqs.has(seq)) faults.lost += 1;
    }
    return faults;
  }
}
