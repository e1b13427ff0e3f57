/** What only Node can do: an outbox that survives a restart, and a look at what is really on the wire. */
import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { ClientMessageId, ConversationSend, RtdError, Timestamp } from '@rtd/protocol';
import type { OutboxEntry, OutboxStore } from './outbox-store.ts';

export type { RecordedFrame } from './frame-recorder.ts';
export { tappedWebSocket, type WireFrame, type WireHandshake, type WireTapListener } from './tapped-web-socket.ts';

/** What the file holds: a JSON array of messages, in the order of sending. */
const KeptOutbox = ConversationSend.omit({ type: true })
  .extend({ clientMessageId: ClientMessageId, createdAt: Timestamp })
  .array();

/** One JSON file, mode 0600, replaced atomically. The folder is made when it is missing. One process at a time may use a file. */
export function fileOutboxStore(file: string): OutboxStore {
  return {
    async load() {
      const text = await readFile(file, 'utf8').catch((thrown: unknown) => {
        if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return undefined;
        throw thrown;
      });
      return text === undefined ? [] : parseKept(text, file);
    },
    async save(entries) {
      const folder = path.dirname(file);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      // In the same folder: a rename is atomic only within one file system.
      const draft = `${file}.${randomUUID()}.tmp`;
      try {
        await writeDurably(draft, JSON.stringify(entries));
        await rename(draft, file);
      } catch (thrown) {
        await rm(draft, { force: true });
        throw thrown;
      }
    },
  };
}

function parseKept(text: string, file: string): readonly OutboxEntry[] {
  const parsed = KeptOutbox.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  throw new RtdError('VALIDATION', `${file} is no outbox of this program: move it away, or give another file.`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function writeDurably(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
