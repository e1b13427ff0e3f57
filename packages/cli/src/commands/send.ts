/** `rtd send`: one message, or one a line from standard input; exit 0 means stored. */
import { string as textArgument } from '@oclif/core/args';
import { Command } from '@oclif/core/command';
import { boolean, string } from '@oclif/core/flags';
import { type ChatSession, connectChat, type SendOutcome } from '@rtd/client';
import { type ChatMessage, Content, ConversationId, UserId } from '@rtd/protocol';
import { safeText } from '@rtd/tui/safe-text';
import { summaryOf } from '../command-list.ts';
import { Failure, UsageError } from '../failure.ts';
import { connectionFlags, identityOf } from '../flags/connection.ts';
import { nameIn } from '../flags/names.ts';
import { numberFlag } from '../flags/values.ts';
import { messagesFrom } from '../messages-from.ts';
import { jsonLine } from '../output/lines.ts';
import { type SendingReport, sendingReport } from '../output/sending-report.ts';
import { waitingFor } from '../output/while-silent.ts';

export default class Send extends Command {
  static override summary = summaryOf('send');
  static override description =
    'Exit code 0 means: stored, for good. With - for the text, or with none and something piped in, every line of standard ' +
    'input is a message of its own.';
  static override examples = [
    '<%= config.bin %> send "Good morning"',
    '<%= config.bin %> send "Lunch?" --to alice --name bob',
    '$ tail -f deploy.log | <%= config.bin %> send - --conversation ops --name deploy',
  ];
  static override args = {
    text: textArgument({ description: 'the message; - reads lines from standard input', ignoreStdin: true }),
  };
  static override flags = {
    to: string({ description: 'to this user alone', helpValue: 'USER', exclusive: ['conversation'] }),
    conversation: string({ description: 'to this conversation; global when not given', helpValue: 'ID' }),
    json: boolean({ description: 'print the stored message as JSON, one line each' }),
    timeout: numberFlag({
      description: 'seconds to keep trying until a message is stored',
      takes: 'a number of seconds, such as 30',
      min: 1,
      max: 86_400,
    })({ default: 30 }),
    ...connectionFlags,
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(Send);
    const fromInput = args.text === '-' || (args.text === undefined && process.stdin.isTTY !== true);
    if (!fromInput && args.text === undefined) throw nothingToSend();
    const target = {
      conversationId:
        flags.conversation === undefined ? undefined : nameIn(ConversationId, flags.conversation, 'conversation'),
      recipientId: flags.to === undefined ? undefined : nameIn(UserId, flags.to, 'to'),
    };
    const texts = fromInput ? messagesFrom(process.stdin) : [contentOf(args.text ?? '')];
    const session = connectChat({ url: flags.url, identity: identityOf(flags.name, process.env) });
    try {
      await waitingFor(`an answer of ${session.api.baseUrl}`, session.api.health());
      const report = sendingReport(session, flags.timeout, (line) => process.stderr.write(`rtd: ${line}\n`));
      let count = 0;
      for await (const text of texts) {
        const content = contentOf(text, fromInput ? count + 1 : undefined);
        const stored = await settled(session, session.send({ content, ...target }), flags.timeout, report);
        count += 1;
        if (flags.json) process.stdout.write(`${jsonLine(await readBack(session, stored))}\n`);
      }
      if (count === 0 && args.text === undefined) throw nothingToSend();
      if (!flags.json && process.stdout.isTTY === true) {
        process.stdout.write(`${count === 1 ? 'Sent.' : `Sent ${count} messages.`}\n`);
      }
    } finally {
      await session.close();
    }
  }
}

function nothingToSend(): UsageError {
  return new UsageError('There is nothing to send: put the text into quotes, as in rtd send "Hello".');
}

type Sent = Extract<SendOutcome, { kind: 'sent' }>;

/** How the sending went. @throws what it was refused with, and a Failure when there was no answer in time. */
async function settled(
  session: ChatSession,
  sending: ReturnType<ChatSession['send']>,
  seconds: number,
  report: SendingReport,
): Promise<Sent> {
  const { promise: given, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(
      new Failure(
        `No word that the message is stored within ${seconds} s (${report.trouble ?? stateOf(session)}). It may be stored or not; ` +
          '"rtd history" shows it. Try again later, or give it longer with --timeout.',
      ),
    );
  }, seconds * 1_000);
  const stop = session.on('state', (state) => {
    if (state.kind === 'refused') reject(state.error);
  });
  if (session.state.kind === 'refused') reject(session.state.error);
  using _ = report.begin();
  try {
    const outcome = await Promise.race([sending.settled, given]);
    if (outcome.kind === 'refused') throw outcome.error;
    return outcome;
  } finally {
    clearTimeout(timer);
    stop();
  }
}

function stateOf({ state, outgoing }: ChatSession): string {
  const first = outgoing[0]?.state;
  return first?.kind === 'retrying'
    ? safeText(first.error.message).replace(/\.$/, '')
    : `the connection is ${state.kind}`;
}

/** The message as the server has it. */
async function readBack(session: ChatSession, sent: Sent): Promise<ChatMessage> {
  const { conversationId, seq } = sent;
  const { messages } = await session.api.history({ conversationId, after: seq - 1, limit: 1 });
  const [message] = messages;
  if (message?.id === sent.id) return message;
  throw new Failure(`The message is stored as ${conversationId} ${seq}, but the server does not show it.`);
}

/** The text as it will be stored. @throws UsageError for what no server would take. */
function contentOf(text: string, line?: number): string {
  const parsed = Content.safeParse(text);
  if (parsed.success) return parsed.data;
  const where = line === undefined ? 'The message' : `Line ${line}`;
  const length = [...text.trim()].length;
  if (length === 0) throw new UsageError(`${where} is empty: there is nothing to send.`);
  if (length > 4_000) {
    throw new UsageError(`${where} has ${length} characters, and 4000 are the most: send it in parts.`);
  }
  throw new UsageError(`${where} is not text: it has half a character in it.`);
}
