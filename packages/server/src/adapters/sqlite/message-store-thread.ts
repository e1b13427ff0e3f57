/** The main thread's end of a message store thread: requests out, replies in, and a new thread where one has died. */
import { Worker } from 'node:worker_threads';
import type { ReadCall, StoreReply, StoreThread, WriteCall } from './message-store-calls.ts';

export interface StoreThreadClient {
  /** Always resolves: a thread that dies answers `broken`. Values are what `Answers` says of each call. */
  ask(calls: readonly WriteCall[] | ReadCall): Promise<StoreReply<never>>;
  /** After the requests that were made before. Resolves when the thread is gone. */
  close(): Promise<void>;
}

/** `.ts` when run from source, `.js` when built. */
const WORKER = new URL(`./message-store-worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);

export function startStoreThread(settings: StoreThread): StoreThreadClient {
  const waiting = new Map<number, (reply: StoreReply<never>) => void>();
  let lastId = 0;
  let worker: Worker | undefined;

  function start(): Worker {
    // node:sqlite warns that it is experimental on the first 24 releases; that is no news to who runs this program.
    const started = new Worker(WORKER, { workerData: settings, execArgv: ['--disable-warning=ExperimentalWarning'] });
    let detail = 'the thread ended';
    started.on('message', (reply: StoreReply<never>) => {
      const resolve = waiting.get(reply.id);
      waiting.delete(reply.id);
      resolve?.(reply);
    });
    started.on('error', (error: unknown) => {
      detail = error instanceof Error ? error.message : String(error);
    });
    started.on('exit', () => {
      if (worker === started) worker = undefined;
      for (const [id, resolve] of waiting) resolve({ id, broken: { reason: 'failing', detail } });
      waiting.clear();
    });
    return started;
  }

  return {
    ask(calls) {
      worker ??= start();
      const id = ++lastId;
      const reply = new Promise<StoreReply<never>>((resolve) => waiting.set(id, resolve));
      worker.postMessage({ id, calls });
      return reply;
    },
    close() {
      const ending = worker;
      if (ending === undefined) return Promise.resolve();
      const gone = new Promise<void>((resolve) => void ending.once('exit', () => resolve()));
      ending.postMessage('close');
      return gone;
    },
  };
}
