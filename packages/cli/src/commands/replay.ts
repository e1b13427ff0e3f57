/** `rtd replay`: what was said, at its own pace, here or into another conversation. */
import { Command } from '@oclif/core/command';
import { boolean, string } from '@oclif/core/flags';
import { connectChat, createHttpApi } from '@rtd/client';
import { type ChatMessage, ConversationId, type RtdError } from '@rtd/protocol';
import { safeText } from '@rtd/tui/safe-text';
import { summaryOf } from '../command-list.ts';
import { connectionFlags, identityOf } from '../flags/connection.ts';
import { momentIn } from '../flags/moment.ts';
import { nameIn } from '../flags/names.ts';
import { paceFlags } from '../flags/pace.ts';
import { onInterrupt } from '../interruption.ts';
import { colourLevel } from '../output/colour-level.ts';
import { chatLine, jsonLine } from '../output/lines.ts';
import { linkReport } from '../output/link-report.ts';
import { printLine } from '../output/print.ts';
import { createStatusLine } from '../output/status-line.ts';
import { waitingFor } from '../output/while-silent.ts';
import { type Place, pastMessages } from '../replay/past-messages.ts';
import { type ReplayTarget, replayTarget } from '../replay/replay-target.ts';
import { replayName, sendAgain, sentUpTo } from '../replay/send-again.ts';
import { openStage } from '../replay/stage.ts';

export default class Replay extends Command {
  static override summary = summaryOf('replay');
  static override description =
    'Plays a conversation with the pauses that it had. On a terminal: space pauses, n goes to the next, + and - change the speed, ' +
    'q ends it. With --into every message is sent again, in order, with the time it had in the header x-original-time ' +
    '(and x-original-sender, -conversation, -seq). Broken off and repeated, it goes on where it was, and sends nothing twice. A ' +
    'server takes some 20 messages a second of one user. For another server that wants a token: RTD_REPLAY_INTO_TOKEN.';
  static override examples = [
    '<%= config.bin %> replay --from 2h --speed 10x --max-gap 5s',
    '<%= config.bin %> replay --conversation ops --from 2026-03-02T09:00 --to 2026-03-02T10:00 --json',
    '<%= config.bin %> replay --conversation ops --into ops-copy --speed max --name archivist',
    '<%= config.bin %> replay --into https://staging.example.com#demo --follow --name archivist',
  ];
  static override flags = {
    conversation: string({ description: 'this conversation', default: 'global', helpValue: 'ID' }),
    from: string({
      description: 'from this message (42) or moment (2026-03-02T09:00, 09:30, 2h ago as 2h)',
      helpValue: 'PLACE',
    }),
    to: string({ description: 'up to this message or moment', helpValue: 'PLACE' }),
    ...paceFlags,
    into: string({ description: 'send it again into this conversation or server', helpValue: 'ID|URL' }),
    follow: boolean({ description: 'then go on with what is said now' }),
    json: boolean({ description: 'one JSON document a line' }),
    ...connectionFlags,
  };

  override async run(): Promise<void> {
    const { flags } = await this.parse(Replay);
    const identity = identityOf(flags.name, process.env);
    const conversationId = nameIn(ConversationId, flags.conversation, 'conversation');
    const source = { url: flags.url, identity, conversationId };
    const intoToken = process.env.RTD_REPLAY_INTO_TOKEN;
    const target =
      flags.into === undefined ? undefined : replayTarget(flags.into, { ...source, name: flags.name, intoToken });
    const level = colourLevel(process.env);
    using interruption = onInterrupt(process);
    const { signal } = interruption;
    const status = createStatusLine(process.stderr);
    const api = createHttpApi({ url: flags.url, identity });
    // Later it is waited for; who begins with a server that is not there has typed it wrong.
    const interrupted = (error: unknown): never => {
      if (signal.aborted) process.exitCode = interruption.exitCode;
      throw error;
    };
    await waitingFor(`an answer of ${api.baseUrl}`, api.health(signal)).catch(interrupted);
    await using sender =
      target === undefined
        ? undefined
        : await openSender(target, api, conversationId, status.line, signal).catch(interrupted);
    using stage = openStage({ speed: flags.speed, maxGapMillis: flags['max-gap'] }, { process, status, signal });
    const past = pastMessages({
      api,
      conversationId,
      from: placeIn(flags.from, 'from'),
      behind: sender?.sentUpTo ?? 0,
      to: placeIn(flags.to, 'to'),
      follow: flags.follow,
      signal,
      onAway: (error: RtdError, waitMillis) =>
        status.line(`${safeText(error.message)} Next try in ${Math.round(waitMillis / 1_000)} s.`),
      onBack: () => status.line('Connected again.'),
    });
    let count = 0;
    try {
      for await (const message of past) {
        await stage.pacer.due(Date.parse(message.timestamp));
        if (signal.aborted) break;
        const sent = await sender?.send(message, signal);
        if (sent === 'interrupted') break;
        status.clear();
        count += 1;
        const json = flags.json ? jsonLine(sent === undefined ? message : { ...message, into: sent }) : undefined;
        await printLine(process.stdout, json ?? chatLine(message, { level, date: true }));
      }
    } finally {
      status.clear();
      if (sender !== undefined)
        status.line(`${count === 1 ? '1 message' : `${count} messages`} sent into ${sender.name}.`);
      else if (count === 0 && process.stdout.isTTY === true && !signal.aborted)
        status.line('Nobody has said anything there.');
      if (signal.aborted) process.exitCode = interruption.exitCode;
    }
  }
}

interface Sender extends AsyncDisposable {
  /** Where it goes, for people. */
  readonly name: string;
  /** The seq in the source of the last message that an earlier replay has sent. */
  readonly sentUpTo: number;
  /** Where it is stored now. @throws what it was refused with */
  send(
    message: ChatMessage,
    signal: AbortSignal,
  ): Promise<{ readonly conversationId: string; readonly seq: number; readonly id: string } | 'interrupted'>;
}

async function openSender(
  target: ReplayTarget,
  from: ReturnType<typeof createHttpApi>,
  conversationId: string,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<Sender> {
  const [first] = (await from.history({ conversationId, after: 0, limit: 1 }, signal)).messages;
  const session = connectChat({ url: target.url, identity: target.identity });
  try {
    await session.api.health(signal);
    const name = first === undefined ? undefined : replayName(first, target.conversationId);
    const done = name === undefined ? 0 : await sentUpTo(session.api, target.conversationId, name, signal);
    if (done > 0) say(`An earlier replay came as far as ${done}: this one goes on behind it.`);
    const { promise: failed, reject } = Promise.withResolvers<never>();
    failed.catch(() => undefined);
    session.on('state', linkReport(say, reject));
    if (session.state.kind === 'refused') reject(session.state.error);
    const { promise: interrupted, resolve } = Promise.withResolvers<'interrupted'>();
    signal.addEventListener('abort', () => resolve('interrupted'));
    return {
      name: `${target.conversationId} at ${target.url}`,
      sentUpTo: done,
      send: async (message) => {
        const sending = sendAgain(
          session,
          target.conversationId,
          name ?? replayName(message, target.conversationId),
          message,
        );
        const outcome = await Promise.race([sending, failed, interrupted]);
        if (outcome === 'interrupted') return outcome;
        if (outcome.kind === 'refused') throw outcome.error;
        return { conversationId: outcome.conversationId, seq: outcome.seq, id: outcome.id };
      },
      [Symbol.asyncDispose]: () => session.close(),
    };
  } catch (error) {
    await session.close();
    throw error;
  }
}

function placeIn(text: string | undefined, flag: string): Place | undefined {
  if (text === undefined) return undefined;
  return /^\d{1,15}$/.test(text.trim()) ? { seq: Math.max(1, Number(text)) } : { at: momentIn(text, flag, Date.now()) };
}
