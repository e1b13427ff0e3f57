/**
 * What is said in any conversation, as lines that make sense when they are read aloud: who, in which conversation, what. A
 * message of a conversation whose name is not known yet waits for it a moment, and all behind it: the order stays.
 */
import type { Clock, Timer } from '@rtd/client';
import type { ChatMessage, ConversationId } from '@rtd/protocol';
import { safeName, safeText } from '../safe-text.ts';
import type { Conversation } from '../state/conversations.ts';
import type { LocalTime } from '../view/local-time.ts';

export interface SpokenLines {
  say(message: ChatMessage): void;
  /** Names may be known now. */
  named(): void;
  /** Whatever still waits is said. */
  flush(): void;
}

export interface SpokenLinesOptions {
  readonly clock: Clock;
  readonly time: LocalTime;
  readonly ascii: boolean;
  conversation(id: ConversationId): Conversation | undefined;
  print(line: string): void;
}

const NAME_MILLIS = 2_000;

export function createSpokenLines(options: SpokenLinesOptions): SpokenLines {
  const { clock, conversation, print } = options;
  const waiting: ChatMessage[] = [];
  let timer: Timer | undefined;

  const flush = (): void => {
    timer?.cancel();
    timer = undefined;
    for (const message of waiting.splice(0)) print(spokenLine(message, conversation(message.conversationId), options));
  };
  const isNamed = ({ conversationId, recipientId }: ChatMessage): boolean =>
    recipientId !== undefined || conversation(conversationId) !== undefined;
  const named = (): void => {
    if (waiting.every(isNamed)) flush();
  };
  return {
    say: (message) => {
      waiting.push(message);
      named();
      if (waiting.length > 0) timer ??= clock.after(NAME_MILLIS, flush);
    },
    named,
    flush,
  };
}

/** `12:04 bob in team: text`, `12:04 bob to alice: text`; further lines of a message are indented. */
export function spokenLine(
  message: ChatMessage,
  known: Conversation | undefined,
  { time, ascii }: Pick<SpokenLinesOptions, 'time' | 'ascii'>,
): string {
  const { timestamp, senderId, senderName, recipientId, conversationId, content } = message;
  const [first = '', ...rest] = safeText(content, { ascii, lines: true }).split('\n');
  // Who writes to nobody else writes to themselves.
  const others = known?.kind === 'direct' ? [...known.members.filter((member) => member !== senderId), senderId] : [];
  const recipient = others[0] ?? (known === undefined ? recipientId : undefined);
  const where = recipient === undefined ? `in ${known?.title ?? conversationId}` : `to ${recipient}`;
  const head = `${time.clock(Date.parse(timestamp))} ${safeName(senderName, { ascii })} ${safeName(where, { ascii })}`;
  return [`${head}: ${first}`, ...rest.map((line) => `  ${line}`)].join('\n');
}
