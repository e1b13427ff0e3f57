/** A whole chat server in a process of its own, with a data folder that goes with it: `chat-server-process.ts <settings as JSON>`. */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ConversationId, limitsWith, MessageId, ServerId, UserId } from '@rtd/protocol';
import { openSqliteMessageStore } from '../../packages/server/src/adapters/sqlite/sqlite-message-store.ts';
import type { NewMessage } from '../../packages/server/src/chat/message-store.ts';
import { defaultConfig, silentLog, startServer, systemClock } from '../../packages/server/src/index.ts';
import { answerQuestions, PartProcess } from '../harness/part-process.ts';
import { startNaiveChatServer } from './naive-chat-server.ts';

export interface ChatServerSettings {
  /** What a CPU profile of it is called, and its server id. */
  readonly name: string;
  /** `naive`: not ours (naive-chat-server.ts), and on SQLite whatever else is said. */
  readonly kind: 'ours' | 'naive';
  /** SQLite in the data folder where there is none. */
  readonly mysqlUrl?: string | undefined;
  readonly redisUrl?: string | undefined;
  /** Changes that share a transaction at most. */
  readonly batchCalls?: number | undefined;
  /** Messages that the conversation of all has from before; in SQLite only. */
  readonly messagesBefore?: number | undefined;
}

export interface ChatServerState {
  readonly port: number;
  /** Processor time that it has used since its start, the kernel's share included. */
  readonly cpuSeconds: number;
}

interface ChatServer {
  readonly port: number;
  close(): Promise<void>;
}

export class ChatServerProcess extends PartProcess<'state', ChatServerState> {
  constructor(settings: ChatServerSettings) {
    super(new URL(import.meta.url), [JSON.stringify(settings)], settings.name);
  }

  /** Resolves when it listens. */
  async port(): Promise<number> {
    return (await this.ask('state')).port;
  }
}

const MESSAGES_A_CALL = 500;

async function fill(dataDir: string, messages: number): Promise<void> {
  const file = path.join(dataDir, 'messages.db');
  const store = await openSqliteMessageStore({ path: file, clock: systemClock, log: silentLog() });
  for (let left = messages; left > 0; left -= MESSAGES_A_CALL) {
    await store.append(Array.from({ length: Math.min(left, MESSAGES_A_CALL) }, earlierMessage));
  }
  await store.close();
}

function earlierMessage(): NewMessage {
  const senderId = UserId.parse('somebody');
  return {
    id: MessageId.parse(randomUUID()),
    conversationId: ConversationId.parse('global'),
    senderId,
    senderName: senderId,
    recipientId: undefined,
    content: 'said before',
    clientMessageId: undefined,
    timestamp: new Date().toISOString(),
    opening: undefined,
  };
}

async function startOurs(settings: ChatServerSettings, dataDir: string): Promise<ChatServer> {
  if (settings.messagesBefore !== undefined) await fill(dataDir, settings.messagesBefore);
  const config = defaultConfig({
    dataDir,
    port: 0,
    serverId: ServerId.parse(settings.name),
    mysqlUrl: settings.mysqlUrl,
    redisUrl: settings.redisUrl,
    batchCalls: settings.batchCalls,
    limits: limitsWith({ MESSAGES_PER_SECOND: 0 }),
  });
  return startServer(config, { clock: systemClock, randomBytes, log: silentLog() });
}

async function serve(settings: ChatServerSettings): Promise<void> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'rtd-bench-'));
  const starting =
    settings.kind === 'ours'
      ? startOurs(settings, dataDir)
      : startNaiveChatServer(dataDir, settings.messagesBefore ?? 0);
  answerQuestions<'state', ChatServerState>(
    async () => {
      const { user, system } = process.cpuUsage();
      return { port: (await starting).port, cpuSeconds: (user + system) / 1_000_000 };
    },
    async () => {
      await (await starting).close();
      await rm(dataDir, { recursive: true });
    },
  );
}

if (process.argv[1] === import.meta.filename) await serve(JSON.parse(process.argv[2] ?? ''));
