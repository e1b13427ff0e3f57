/**
 * The bots as what they are on the server: users like everybody else, each with a chat session of its own, and one stream
 * of prices among them. What they say and when is bot-room.ts; this gives it ears, eyes and a mouth.
 */
import { type ChatSession, connectChat, connectMarket } from '@rtd/client';
import { GLOBAL_CONVERSATION } from '@rtd/protocol';
import type { Random } from '../random.ts';
import { createBotRoom } from './bot-room.ts';
import { PERSONAS } from './personas.ts';

export interface BotsOptions {
  readonly url: string;
  readonly random: Random;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

export interface Bots {
  /** Resolves when all of them have left. */
  close(): Promise<void>;
}

/** How often they look whether it is time to say something. */
const LOOK_MILLIS = 200;
/** Bots need no more prices than that. */
const CONFLATE_MILLIS = 500;

/** They come at once, and stay until closed, over every break of the connection. */
export function runBots({ url, random, now }: BotsOptions): Bots {
  const room = createBotRoom(PERSONAS, random);
  const sessions = new Map<string, ChatSession>(
    PERSONAS.map(({ userId }) => [userId, connectChat({ url, identity: { userId, name: userId } })]),
  );
  const market = connectMarket({ url, conflateMillis: CONFLATE_MILLIS });
  market.on('snapshot', (ticks) => {
    for (const tick of ticks) room.see(tick, now());
  });
  market.on('tick', (tick) => room.see(tick, now()));

  // One of them listens for all: each message is to be heard once.
  const [listener] = sessions.values();
  listener?.subscribe(GLOBAL_CONVERSATION, {
    backlog: 0,
    onMessage: (message) => {
      room.hear(message, now());
      if (sessions.has(message.senderId)) return;
      for (const session of sessions.values()) session.markRead(GLOBAL_CONVERSATION, message.seq);
    },
  });

  const look = setInterval(() => {
    const typist = room.typing(now());
    if (typist !== undefined) sessions.get(typist)?.typing(GLOBAL_CONVERSATION).keyPressed();
    const line = room.next(now());
    const session = line === undefined ? undefined : sessions.get(line.userId);
    if (line === undefined || session === undefined) return;
    session.typing(GLOBAL_CONVERSATION).stopped();
    // What could not be said when it was news is not worth saying later.
    const linked = session.state.kind === 'live' || session.state.kind === 'polling';
    if (linked) session.send({ content: line.text });
  }, LOOK_MILLIS);

  return {
    close: async () => {
      clearInterval(look);
      market.close();
      await Promise.all([...sessions.values()].map((session) => session.close()));
    },
  };
}
