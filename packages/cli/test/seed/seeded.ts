/** What is in a seeded store, as a server shows it. */
import { createHttpApi } from '@rtd/client';
import type { ChatMessage } from '@rtd/protocol';
import { host } from '../hosted.ts';

export interface Seen {
  readonly messages: readonly ChatMessage[];
  /** Of alice, who is in every room. */
  readonly conversations: readonly { id: string; kind: string; lastSeq: number; unread: number }[];
  readonly symbols: readonly string[];
  /** Hours of the day that have a candle of BTC. */
  readonly hours: number;
}

interface Place {
  readonly dataDir?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts a server on it, looks, and ends it. */
export async function look({ dataDir, env = {} }: Place): Promise<Seen> {
  await using server = await host({ ...(dataDir === undefined ? {} : { dataDir }), env });
  const api = createHttpApi({ url: server.url, identity: { userId: 'alice' } });
  const { messages } = await api.history({ conversationId: 'global', limit: 500 });
  const conversations = await api.conversations();
  const candles = await api.candles('BTC', '1h', 100);
  const symbols = (await api.snapshot()).map(({ symbol }) => symbol);
  return { messages, conversations, symbols, hours: candles.length };
}
