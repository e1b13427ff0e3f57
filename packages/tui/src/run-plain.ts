/**
 * The line client: what is said comes as lines, lines that are typed are sent. For pipes, dumb terminals and screen
 * readers: no cursor movement, no colour, nothing redrawn.
 */
import { createInterface } from 'node:readline';
import { type LinkState, systemClock } from '@rtd/client';
import { type ChatMessage, GLOBAL_CONVERSATION, type Tick } from '@rtd/protocol';
import type { PlainOptions } from './options.ts';
import { safeName, safeText } from './safe-text.ts';
import { connectBoth } from './session/connect.ts';
import { parseLine } from './session/slash-commands.ts';
import { createLocalTime } from './view/local-time.ts';
import { formatPercent, formatPrice } from './view/number-format.ts';

const BACKLOG = 20;
/** After the end of the input: how long a server that cannot be reached is waited for. */
const NO_LINK_MILLIS = 30_000;

/**
 * Runs until `/quit`, an abort of `signal`, or, once `stdin` has ended, until everything that was typed is stored.
 * Resolves with the exit code: 0, or 1 where a message was refused or could not be sent.
 * @throws RtdError VALIDATION for an address or a name that cannot be one.
 */
export async function runPlain(options: PlainOptions): Promise<number> {
  const clock = options.clock ?? systemClock;
  const ascii = options.ascii === true;
  const time = createLocalTime(options.timeZone);
  const { chat, market } = connectBoth(options);
  const ended = Promise.withResolvers<number>();
  let refusals = 0;

  const print = (line: string): void => {
    options.stdout.write(`${line}\n`);
  };
  const tell = (line: string): void => {
    (options.stderr ?? options.stdout).write(`* ${line}\n`);
  };
  // A reader that went away (`| head`) is a reason to stop, not an error.
  const brokenPipe = (): void => ended.resolve(0);
  options.stdout.on('error', brokenPipe);
  options.stderr?.on('error', brokenPipe);

  const prices = new Map<string, Tick>();
  const learn = (tick: Tick): void => {
    prices.set(tick.symbol, tick);
  };
  market.on('snapshot', (ticks) => ticks.forEach(learn));
  market.on('tick', learn);

  const linked = (): boolean => chat.state.kind === 'live' || chat.state.kind === 'polling';
  let wasLinked = false;
  let lastWords = '';
  chat.on('state', (state) => {
    const words = stateWords(state, chat.api.baseUrl, wasLinked);
    wasLinked ||= linked();
    if (words !== undefined && words !== lastWords) tell(words);
    lastWords = words ?? lastWords;
    if (state.kind === 'refused') ended.resolve(1);
  });
  chat.on('notice', (notice) => tell(safeText(notice.message, { ascii })));
  const subscription = chat.subscribe(GLOBAL_CONVERSATION, {
    backlog: BACKLOG,
    onMessage: (message) => print(messageLine(message)),
    onEnded: (error) => {
      tell(safeText(error.message, { ascii }));
      ended.resolve(1);
    },
  });

  const messageLine = ({ timestamp, senderName, content }: ChatMessage): string => {
    const [first = '', ...rest] = safeText(content, { ascii, lines: true }).split('\n');
    const head = `${time.clock(Date.parse(timestamp))} ${safeName(senderName, { ascii })}: ${first}`;
    return [head, ...rest.map((line) => `  ${line}`)].join('\n');
  };

  const sendings: Promise<void>[] = [];
  const send = async (content: string): Promise<void> => {
    const outcome = await chat.send({ content }).settled;
    if (outcome.kind === 'sent') return;
    refusals += 1;
    tell(`not sent: ${safeText(content.slice(0, 60), { ascii })}: ${safeText(outcome.error.message, { ascii })}`);
  };
  const run = (line: string): void => {
    if (line.trim() === '/prices') {
      for (const { symbol, price, changePercent } of prices.values()) {
        tell(`${safeName(symbol, { ascii })} ${formatPrice(price)} ${formatPercent(changePercent)}`);
      }
      return;
    }
    const parsed = parseLine(line);
    if (parsed.kind === 'unknown') tell(`there is no command /${parsed.name}; to send it as a message, begin with //`);
    else if (parsed.kind === 'message') {
      if (parsed.text !== '') sendings.push(send(parsed.text));
    } else if (parsed.command.name === 'quit') finish();
    else if (parsed.command.name === 'me') tell(`you are ${chat.self?.userId ?? 'not known yet'}`);
    else if (parsed.command.name === 'reconnect') chat.reconnectNow();
    else if (parsed.command.name === 'who') void tellWho();
    else
      tell(
        'every line is sent; /prices, /name, /who, /reconnect and /quit are commands; // begins a message with a slash',
      );
  };
  const tellWho = async (): Promise<void> => {
    try {
      const here = (await chat.api.presence()).filter(({ status }) => status !== 'OFFLINE');
      tell(`here: ${here.map(({ userId }) => userId).join(', ') || 'nobody'}`);
    } catch (error) {
      tell(safeText(error instanceof Error ? error.message : 'presence cannot be had', { ascii }));
    }
  };

  /** Leaves once everything is settled; a server that stays away is not waited for for ever. */
  const finish = (): void => {
    const giveUp = (): void => {
      if (linked()) {
        noLink = clock.after(NO_LINK_MILLIS, giveUp);
        return;
      }
      tell(`${chat.outgoing.length} not sent: ${chat.api.baseUrl} could not be reached`);
      ended.resolve(1);
    };
    noLink?.cancel();
    noLink = clock.after(NO_LINK_MILLIS, giveUp);
    void Promise.all(sendings)
      // What was said before this session began is part of the answer, also where nothing is sent.
      .then(() => subscription.ready)
      .then(() => ended.resolve(refusals === 0 ? 0 : 1));
  };
  let noLink: ReturnType<typeof clock.after> | undefined;

  const lines = createInterface({ input: options.stdin, terminal: false, crlfDelay: Number.POSITIVE_INFINITY });
  lines.on('line', run);
  lines.on('close', finish);
  const abort = (): void => ended.resolve(0);
  options.signal?.addEventListener('abort', abort, { once: true });
  if (options.signal?.aborted === true) abort();

  try {
    return await ended.promise;
  } finally {
    noLink?.cancel();
    lines.off('close', finish);
    lines.close();
    options.signal?.removeEventListener('abort', abort);
    market.close();
    await chat.close();
    options.stdout.off('error', brokenPipe);
    options.stderr?.off('error', brokenPipe);
  }
}

function stateWords(state: LinkState, url: string, wasLinked: boolean): string | undefined {
  switch (state.kind) {
    case 'live':
      return wasLinked ? 'connected again' : `connected to ${url}`;
    case 'polling':
      return `connected to ${url} by long polling`;
    case 'waiting':
      return `no connection (${safeText(state.why)}); it is tried again`;
    case 'refused':
      return safeText(state.error.message);
    case 'connecting':
    case 'offline':
      return undefined;
  }
}
