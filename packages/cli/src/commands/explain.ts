/** `rtd explain`: one exchange, live, with every byte and what it means. */
import { createHash } from 'node:crypto';
import { string as textArgument } from '@oclif/core/args';
import { Command } from '@oclif/core/command';
import { boolean, string } from '@oclif/core/flags';
import { safeText } from '@rtd/tui/safe-text';
import { summaryOf } from '../command-list.ts';
import { connectHeaders } from '../doctor/stomp-dialogue.ts';
import { DOCTOR, isOurHealth } from '../doctor/surroundings.ts';
import { explainSse } from '../explain/explain-sse.ts';
import { explainStomp, newName } from '../explain/explain-stomp.ts';
import { explainWs } from '../explain/explain-ws.ts';
import { layOut } from '../explain/lay-out.ts';
import type { Exchange, Step } from '../explain/step.ts';
import { Failure, UsageError } from '../failure.ts';
import { connectionFlags } from '../flags/connection.ts';
import { numberFlag } from '../flags/values.ts';
import { onStop } from '../interruption.ts';
import { colourLevel } from '../output/colour-level.ts';
import { jsonLine } from '../output/lines.ts';
import { askHttp } from '../wire/http-ask.ts';
import { parseTarget, type Target } from '../wire/target.ts';
import { WireError } from '../wire/wire-error.ts';

const TOPICS = ['ws', 'stomp', 'sse'] as const;
type Topic = (typeof TOPICS)[number];
/** Where there is no terminal that says how wide it is. */
const COLUMNS = 110;

export default class Explain extends Command {
  static override summary = summaryOf('explain');
  static override description =
    'Runs the exchange with a real server on a raw socket and prints each step: its bytes in hex and as text, what they mean, ' +
    'and where that stands. Tokens and passwords are shown as asterisks. The message of stomp goes into a conversation of its own.';
  static override examples = [
    '<%= config.bin %> explain ws',
    '<%= config.bin %> explain stomp --url wss://chat.example.com/ws',
    '<%= config.bin %> explain sse | less -R',
  ];
  static override args = {
    what: textArgument({
      description: 'what to watch: ws (WebSocket), stomp or sse (server-sent events)',
      options: [...TOPICS],
      required: true,
    }),
  };
  static override flags = {
    ...connectionFlags,
    destination: string({
      description: 'where stomp sends to and subscribes, at a server that is not ours',
      helpValue: 'NAME',
    }),
    vhost: string({ description: "the broker's virtual host; the host name when not given", helpValue: 'NAME' }),
    stream: string({ description: 'path of the event stream', default: '/stream', helpValue: 'PATH' }),
    json: boolean({ description: 'one JSON document a step, its bytes in hex' }),
    'heart-beat': boolean({ description: 'wait for a heart-beat of the server', default: true, allowNo: true }),
    timeout: numberFlag({
      description: 'seconds to wait for each answer',
      takes: 'a number of seconds from 1 to 60',
      min: 1,
      max: 60,
      fractions: true,
    })({ default: 5 }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(Explain);
    const { env, stdout } = process;
    const topic = TOPICS.find((each) => each === args.what);
    if (topic === undefined)
      throw new UsageError(`There is nothing to explain about "${args.what}": ws, stomp or sse.`);
    const target = parseTarget(flags.url);
    using stop = onStop(process);
    stop.signal.addEventListener('abort', () => process.exit(stop.exitCode));
    const paper = { columns: stdout.columns ?? COLUMNS, level: colourLevel(env) };
    let number = 0;
    try {
      for await (const told of await exchangeOf(topic, target, flags, env)) {
        if ('waitingFor' in told) {
          if (!flags.json) stdout.write(`\n   … waiting for ${told.waitingFor}\n`);
        } else {
          number += 1;
          stdout.write(`${flags.json ? jsonLine(documentOf(told, number)) : layOut(told, number, paper).join('\n')}\n`);
        }
      }
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      throw new Failure(`${target.url}: ${safeText(error.message)}. "rtd doctor --url ${target.url}" finds out why.`, {
        cause: error,
      });
    }
  }
}

/** The step as it is printed with --json; `text` of a field is what its bytes say, where that is a line of text. */
function documentOf({ title, clause, note, direction, fields }: Step, number: number) {
  return {
    number,
    title,
    clause,
    note,
    direction: direction ?? null,
    fields: fields.map(({ bytes, ...field }) => ({ bytes: bytes.toString('hex'), ...field })),
  };
}

interface Flags {
  readonly name?: string | undefined;
  readonly destination?: string | undefined;
  readonly vhost?: string | undefined;
  readonly stream: string;
  readonly 'heart-beat': boolean;
  readonly timeout: number;
}

async function exchangeOf(topic: Topic, target: Target, flags: Flags, env: NodeJS.ProcessEnv): Promise<Exchange> {
  const token = given(env.RTD_TOKEN);
  const passcode = given(env.RTD_PASSCODE);
  const timeoutMillis = flags.timeout * 1_000;
  const secrets = [token, passcode].filter((secret) => secret !== undefined);
  const common = { target, timeoutMillis, token, secrets };
  if (topic === 'ws') return explainWs(common);
  const headers: Record<string, string> =
    token === undefined ? { 'x-user-id': flags.name ?? DOCTOR } : { authorization: `Bearer ${token}` };
  if (topic === 'sse') return explainSse({ ...common, path: flags.stream, headers });
  const ours = isOurHealth(await askHttp(target, { path: '/api/websocket/health', timeoutMillis }));
  const identity = { userId: flags.name, token, login: given(env.RTD_LOGIN), passcode };
  const connect = await connectHeaders(
    { target, identity, virtualHost: flags.vhost, isOurs: () => Promise.resolve(ours) },
    '10000,10000',
  );
  const where = ours ? await ownConversation(target, headers, timeoutMillis) : anyTopic(flags.destination);
  return explainStomp({ ...common, connectHeaders: connect, ...where, heartBeat: flags['heart-beat'] });
}

function anyTopic(destination: string = `/topic/rtd-explain-${newName()}`) {
  return { topic: destination, destination, body: JSON.stringify({ content: 'Hello from rtd explain' }) };
}

/** Makes the conversation that the message goes to, one a user, if it is not there yet: only members may subscribe. */
async function ownConversation(target: Target, headers: Readonly<Record<string, string>>, timeoutMillis: number) {
  const who = createHash('sha256')
    .update(headers['x-user-id'] ?? headers.authorization?.split('.')[1] ?? '')
    .digest('hex');
  const conversationId = `rtd-explain.${headers['x-user-id']?.slice(0, 32) ?? who.slice(0, 16)}`;
  await askHttp(target, {
    method: 'POST',
    path: '/api/conversations',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ id: conversationId, kind: 'group' }),
    timeoutMillis,
  });
  return {
    topic: `/topic/conversation/${conversationId}`,
    destination: '/app/chat.send',
    body: JSON.stringify({ conversationId, content: 'Hello from rtd explain', clientMessageId: newName() }),
  };
}

function given(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
