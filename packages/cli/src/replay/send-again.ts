/**
 * Sends messages of the past into another conversation or server: in order, each once. A message's clientMessageId is made
 * of where it comes from and where it goes, so that a replay that was broken off is gone on with by repeating it, on any
 * machine: what is there already is neither waited for nor stored again.
 *
 * When and by whom it was said first goes along in headers (`x-original-…`), for those who listen; they are not stored.
 */
import { createHash } from 'node:crypto';
import { type ChatSession, type HttpApi, type SendOutcome, UnreachableError } from '@rtd/client';
import { type ChatMessage, RtdError } from '@rtd/protocol';
import { PAGE } from '../history/read-history.ts';

/** How far back the target is looked through for what an earlier replay has sent. */
const LOOK_BACK_PAGES = 40;

/** What one replay has sent is known by this beginning of its clientMessageIds; the seq in the source follows. */
export type ReplayName = `replay-${string}-`;

/**
 * `first` is the first message of the source conversation, `targetId` the target conversation: the same two give the same
 * name, whatever address their servers have.
 */
export function replayName(first: ChatMessage, targetId: string): ReplayName {
  const hash = createHash('sha256')
    .update(JSON.stringify([first.id, first.conversationId, targetId]))
    .digest('base64url');
  return `replay-${hash.slice(0, 22)}-`;
}

/** The seq in the source of the last message that is in the target; 0 where none is found. @throws RtdError */
export async function sentUpTo(
  api: Pick<HttpApi, 'history'>,
  targetId: string,
  name: ReplayName,
  signal: AbortSignal,
): Promise<number> {
  let before: number | undefined;
  for (let page = 0; page < LOOK_BACK_PAGES; page += 1) {
    const { messages, hasMore } = await api
      .history({ conversationId: targetId, before, limit: PAGE }, signal)
      .catch(orNone);
    const found = messages.findLast(({ clientMessageId }) => clientMessageId?.startsWith(name) === true);
    if (found?.clientMessageId !== undefined) return Number(found.clientMessageId.slice(name.length));
    before = messages[0]?.seq;
    if (!hasMore || before === undefined) return 0;
  }
  return 0;
}

/** Resolves when it is stored, or was before. */
export function sendAgain(
  session: Pick<ChatSession, 'send'>,
  targetId: string,
  name: ReplayName,
  message: ChatMessage,
): Promise<SendOutcome> {
  return session.send({
    content: message.content,
    conversationId: targetId,
    clientMessageId: `${name}${message.seq}`,
    headers: {
      'x-original-time': message.timestamp,
      'x-original-sender': message.senderId,
      'x-original-conversation': message.conversationId,
      'x-original-seq': String(message.seq),
    },
  }).settled;
}

/** A conversation that is not there yet has no messages; where it is that one may not read it, sending will say so. */
function orNone(error: unknown): { messages: readonly ChatMessage[]; hasMore: boolean } {
  const absent = error instanceof RtdError && (error.code === 'NOT_FOUND' || error.code === 'FORBIDDEN');
  if (absent && !(error instanceof UnreachableError)) return { messages: [], hasMore: false };
  throw error;
}
