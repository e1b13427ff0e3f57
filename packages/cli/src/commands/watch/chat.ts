/** `rtd watch chat`: a conversation as it goes on, a line a message; over any cut, none twice and none left out. */
import { Command } from '@oclif/core/command';
import { boolean, string } from '@oclif/core/flags';
import { connectChat } from '@rtd/client';
import { ConversationId } from '@rtd/protocol';
import { summaryOf } from '../../command-list.ts';
import { connectionFlags, identityOf } from '../../flags/connection.ts';
import { nameIn } from '../../flags/names.ts';
import { numberFlag } from '../../flags/values.ts';
import { aborted, onInterrupt } from '../../interruption.ts';
import { colourLevel } from '../../output/colour-level.ts';
import { chatLine, jsonLine } from '../../output/lines.ts';
import { linkReport } from '../../output/link-report.ts';
import { waitingFor } from '../../output/while-silent.ts';

export default class WatchChat extends Command {
  static override summary = summaryOf('watch chat');
  static override description =
    'Goes on until it is interrupted, and over every break of the connection: nothing is left out, nothing comes twice.';
  static override examples = [
    '<%= config.bin %> watch chat --last 10',
    `<%= config.bin %> watch chat --json | jq -r 'select(.content | test("deploy")) | .senderName'`,
    '<%= config.bin %> watch chat --conversation ops --after 1204 --json >> ops.ndjson',
  ];
  static override flags = {
    conversation: string({ description: 'this conversation', default: 'global', helpValue: 'ID' }),
    last: numberFlag({ description: 'begin with the last so many', takes: 'a number from 0 to 500', min: 0, max: 500 })(
      {
        default: 0,
      },
    ),
    after: numberFlag({
      description: 'begin behind this message, to go on from an earlier watch',
      takes: 'the number of a message, such as 42',
      min: 0,
    })({ exclusive: ['last'] }),
    json: boolean({ description: 'one JSON document a line' }),
    ...connectionFlags,
  };

  override async run(): Promise<void> {
    const { flags } = await this.parse(WatchChat);
    const conversation = nameIn(ConversationId, flags.conversation, 'conversation');
    const level = colourLevel(process.env);
    using interruption = onInterrupt(process);
    const { promise: failed, reject } = Promise.withResolvers<never>();
    const session = connectChat({ url: flags.url, identity: identityOf(flags.name, process.env) });
    try {
      await waitingFor(`an answer of ${session.api.baseUrl}`, session.api.health(interruption.signal));
      session.on(
        'state',
        linkReport((line) => process.stderr.write(`rtd: ${line}\n`), reject),
      );
      if (session.state.kind === 'refused') throw session.state.error;
      const { ready } = session.subscribe(conversation, {
        ...(flags.after === undefined ? { backlog: flags.last } : { afterSeq: flags.after }),
        onMessage: (message) => {
          process.stdout.write(`${flags.json ? jsonLine(message) : chatLine(message, { level })}\n`);
        },
        onSkipped: ({ from, to }) => {
          process.stderr.write(`rtd: Too much was missed: ${from} to ${to} are left out; "rtd history" has them.\n`);
        },
        onEnded: reject,
      });
      void waitingFor(
        `the messages of ${conversation} at ${session.api.baseUrl}`,
        Promise.race([ready, failed, aborted(interruption.signal)]),
      ).catch(() => undefined);
      await Promise.race([aborted(interruption.signal), failed]);
    } finally {
      await session.close();
      if (interruption.signal.aborted) process.exitCode = interruption.exitCode;
    }
  }
}
