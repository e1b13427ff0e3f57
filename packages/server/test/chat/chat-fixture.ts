/** What the chat tests share: a room on a real store in its own folder, people, and readers that record what they get. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DeviceId, limitsWith, MessageId, ServerId, UserId } from '@rtd/protocol';
import { createInProcessBus } from '../../src/adapters/in-process/in-process-message-bus.ts';
import { createInProcessMailbox } from '../../src/adapters/in-process/in-process-server-mailbox.ts';
import { openSqliteMessageStore } from '../../src/adapters/sqlite/sqlite-message-store.ts';
import type { DeviceIdentity } from '../../src/auth/identity.ts';
import type { Delivery } from '../../src/chat/chat-room.ts';
import { type ChatRoomOptions, createChatRoom, type RunningChatRoom } from '../../src/chat/create-chat-room.ts';
import type { BusSubscriber, MessageBus } from '../../src/chat/message-bus.ts';
import type { MessageStore } from '../../src/chat/message-store.ts';
import type { ServerMailbox } from '../../src/chat/server-mailbox.ts';
import { type Clock, systemClock } from '../../src/clock.ts';
import type { Subscriber } from '../../src/fan-out/subscriber.ts';
import { silentLog } from '../../src/telemetry/log.ts';

/** Collects what has to be given back, and gives it back in the opposite order. */
export interface Cleanup {
  add(step: () => Promise<unknown> | unknown): void;
  run(): Promise<void>;
}

export function createCleanup(): Cleanup {
  const steps: (() => Promise<unknown> | unknown)[] = [];
  return {
    add: (step) => void steps.push(step),
    async run() {
      for (let step = steps.pop(); step !== undefined; step = steps.pop()) await step();
    },
  };
}

export async function temporaryFolder(cleanup: Cleanup): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'rtd-chat-'));
  cleanup.add(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export const newMessageId = () => MessageId.parse(randomUUID());
export const serverId = (name: string): ServerId => ServerId.parse(name);

export function person(name: string, more: Partial<DeviceIdentity> = {}): DeviceIdentity {
  return {
    userId: UserId.parse(name),
    userName: name,
    guest: false,
    admin: false,
    expiresAt: undefined,
    device: DeviceId.parse('default'),
    ...more,
  };
}

/** `busyMillis`: how long it waits for somebody else who has the file. */
export async function openStore(cleanup: Cleanup, file?: string, busyMillis = 200): Promise<MessageStore> {
  const store = await openSqliteMessageStore({
    path: file ?? path.join(await temporaryFolder(cleanup), 'messages.db'),
    clock: systemClock,
    log: silentLog(),
    busyMillis,
  });
  cleanup.add(() => store.close());
  return store;
}

/** Without rate limit unless `more.limits` says otherwise. */
export async function openRoom(
  cleanup: Cleanup,
  more: Partial<ChatRoomOptions> = {},
): Promise<{ room: RunningChatRoom; store: MessageStore }> {
  const store = more.store ?? (await openStore(cleanup));
  const room = await createChatRoom({
    bus: createInProcessBus(),
    mailbox: createInProcessMailbox(),
    clock: systemClock,
    newMessageId,
    limits: limitsWith({ MESSAGES_PER_SECOND: 0 }),
    log: silentLog(),
    serverId: serverId('one'),
    ...more,
    store,
  });
  cleanup.add(() => room.close());
  return { room, store };
}

/** A subscriber that records entries, through an outlet that can be held as if its socket did not read. */
export interface Reader<Entry> extends Subscriber<Entry> {
  readonly got: Entry[];
  readonly overflowedAt: Entry[];
  /** Nothing leaves from now on. */
  hold(): void;
  /** All that was held leaves. */
  release(): void;
  close(): void;
  /** The most bytes that were ever queued. */
  readonly mostQueued: number;
}

export function createReader<Entry>(options: { handed?: (entries: readonly Entry[]) => void } = {}): Reader<Entry> {
  const got: Entry[] = [];
  const overflowedAt: Entry[] = [];
  let held = false;
  let isOpen = true;
  let queued: Uint8Array[] = [];
  let queuedBytes = 0;
  let mostQueued = 0;
  let drained: (() => void)[] = [];

  const leave = (bytes: Uint8Array) => {
    if (bytes.byteLength > 0) got.push(...(JSON.parse(new TextDecoder().decode(bytes)) as Entry[]));
  };
  const tellDrained = () => {
    const listeners = drained;
    drained = [];
    for (const listener of listeners) listener();
  };
  return {
    got,
    overflowedAt,
    get mostQueued() {
      return mostQueued;
    },
    groupKey: 'test',
    encode: (entries) => new TextEncoder().encode(JSON.stringify(entries)),
    ...(options.handed === undefined ? {} : { handed: options.handed }),
    overflowed: (entry) => void overflowedAt.push(entry),
    outlet: {
      get queuedBytes() {
        return queuedBytes;
      },
      get isOpen() {
        return isOpen;
      },
      write(bytes) {
        if (!isOpen) return;
        if (!held) {
          leave(bytes);
          return;
        }
        queued.push(bytes);
        queuedBytes += bytes.byteLength;
        mostQueued = Math.max(mostQueued, queuedBytes);
      },
      onceDrained(listener) {
        if (queuedBytes === 0 || !isOpen) listener();
        else drained.push(listener);
      },
    },
    hold() {
      held = true;
    },
    release() {
      held = false;
      for (const bytes of queued) leave(bytes);
      queued = [];
      queuedBytes = 0;
      tellDrained();
    },
    close() {
      isOpen = false;
      tellDrained();
    },
  };
}

export const seqs = (deliveries: readonly Delivery[]): number[] => deliveries.map(({ message }) => message.seq);
/** 1, 2, …, `to`, or from `from` on. */
export const upTo = (to: number, from = 1): number[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);

/** A clock that stands still until it is moved. */
export interface FakeClock extends Clock {
  /** Moves on, and runs what is due, in order. */
  advance(millis: number): void;
  readonly pending: number;
}

export function createFakeClock(): FakeClock {
  interface Due {
    at: number;
    readonly every: number | undefined;
    readonly action: () => void;
  }
  const due = new Set<Due>();
  let now = 0;
  const plan = (millis: number, every: number | undefined, action: () => void) => {
    const entry: Due = { at: now + millis, every, action };
    due.add(entry);
    return { cancel: () => void due.delete(entry) };
  };
  return {
    now: () => Date.UTC(2026, 0, 31) + now,
    monotonic: () => now,
    after: (millis, action) => plan(millis, undefined, action),
    every: (millis, action) => plan(millis, millis, action),
    get pending() {
      return due.size;
    },
    advance(millis) {
      const end = now + millis;
      for (;;) {
        const [next] = [...due].filter((entry) => entry.at <= end).sort((one, other) => one.at - other.at);
        if (next === undefined) break;
        now = next.at;
        if (next.every === undefined) due.delete(next);
        else next.at += next.every;
        next.action();
      }
      now = end;
    },
  };
}

/** Two or more servers on one store, with one bus and mailbox between them; `serverOf` says where users are. */
export async function openServers(
  cleanup: Cleanup,
  names: readonly string[],
  more: Partial<ChatRoomOptions> & { serversOf?: () => readonly string[] } = {},
): Promise<RunningChatRoom[]> {
  const { serversOf = () => names, ...options } = more;
  const store = options.store ?? (await openStore(cleanup));
  const bus = options.bus ?? createInProcessBus();
  const mailbox = options.mailbox ?? createInProcessMailbox();
  const directory = { serversOf: () => Promise.resolve(new Set(serversOf().map(serverId))) };
  const rooms: RunningChatRoom[] = [];
  for (const name of names) {
    const { room } = await openRoom(cleanup, { ...options, store, bus, mailbox, directory, serverId: serverId(name) });
    rooms.push(room);
  }
  return rooms;
}

/** A bus that carries nothing, as when its backend is away; `recover` says that it is back. */
export function createDeadBus(): MessageBus & { recover(): void } {
  const subscribers = new Set<BusSubscriber>();
  return {
    publish() {},
    subscribe(subscriber) {
      subscribers.add(subscriber);
      return Promise.resolve(() => void subscribers.delete(subscriber));
    },
    recover() {
      for (const subscriber of subscribers) subscriber.recovered();
    },
    check: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

export function createDeadMailbox(): ServerMailbox {
  return {
    post() {},
    open: () => Promise.resolve(() => {}),
    check: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}
