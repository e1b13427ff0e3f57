/** `rtd history`: what was said, oldest first. */
import { Command } from '@oclif/core/command';
import { boolean, string } from '@oclif/core/flags';
import { createHttpApi, type HttpApi } from '@rtd/client';
import { ConversationId } from '@rtd/protocol';
import { summaryOf } from '../command-list.ts';
import { connectionFlags, identityOf } from '../flags/connection.ts';
import { nameIn } from '../flags/names.ts';
import { numberFlag } from '../flags/values.ts';
import { readHistory } from '../history/read-history.ts';
import { colourLevel } from '../output/colour-level.ts';
import { chatLine, jsonLine } from '../output/lines.ts';
import { waitingFor } from '../output/while-silent.ts';

export default class History extends Command {
  static override summary = summaryOf('history');
  static override description =
    'The newest messages, or with --after the oldest first after a place. A place is a number: the first message of a ' +
    'conversation is 1, and no number is left out.';
  static override examples = [
    '<%= config.bin %> history',
    '<%= config.bin %> history --limit 200 --before 1000',
    '<%= config.bin %> history --all --json > messages.ndjson',
  ];
  static override flags = {
    conversation: string({ description: 'of this conversation', default: 'global', helpValue: 'ID' }),
    before: place('only what comes before this message'),
    after: place('only what comes after this message'),
    limit: numberFlag({
      description: 'at most so many messages',
      takes: 'a number of messages, such as 100',
      min: 1,
    })({ default: 50 }),
    all: boolean({ description: 'every message', exclusive: ['limit'] }),
    json: boolean({ description: 'one JSON document a line' }),
    ...connectionFlags,
  };

  override async run(): Promise<void> {
    const { flags } = await this.parse(History);
    const { before, json } = flags;
    const conversationId = nameIn(ConversationId, flags.conversation, 'conversation');
    const api = createHttpApi({ url: flags.url, identity: identityOf(flags.name, process.env) });
    const level = colourLevel(process.env);
    const wanted = flags.all
      ? { after: flags.after ?? 0, limit: Number.POSITIVE_INFINITY }
      : { after: flags.after, limit: flags.limit };
    const patient: Pick<HttpApi, 'history'> = {
      history: (query) => waitingFor(`an answer of ${api.baseUrl}`, api.history(query)),
    };
    let count = 0;
    for await (const message of readHistory(patient, { conversationId, before, ...wanted })) {
      process.stdout.write(`${json ? jsonLine(message) : chatLine(message, { level, date: true })}\n`);
      count += 1;
    }
    if (count === 0 && process.stdout.isTTY === true) process.stderr.write('rtd: Nobody has said anything there.\n');
  }
}

function place(description: string) {
  return numberFlag({ description, takes: 'the number of a message, such as 42', min: 0 })();
}
