/**
 * The line client: what is said in any conversation comes as lines, lines that are typed are sent or are commands. For pipes,
 * dumb terminals and screen readers: no cursor movement, no colour, nothing redrawn, every line whole by itself.
 */
import { createInterface } from 'node:readline';
import { type LinkState, systemClock } from '@rtd/client';
import type { PlainOptions } from './options.ts';
import { safeText } from './safe-text.ts';
import { connectBoth } from './session/connect.ts';
import { openRooms } from './session/rooms.ts';
import { createSpokenCommands } from './session/spoken-commands.ts';
import { createSpokenLines } from './session/spoken-lines.ts';
import { createFrameStore, type FrameStore } from './state/frame-store.ts';
import { initialTerminal, isUrgent, reduceTerminal, type Terminal, type TerminalEvent } from './state/terminal.ts';
import { createDrawing } from './view/drawing.ts';
import { createLocalTime } from './view/local-time.ts';
import { createTheme } from './view/theme.ts';

const BACKLOG = 20;
/** After the end of the input: how long a server that cannot be reached is waited for. */
const NO_LINK_MILLIS = 30_000;
const FRAME_MILLIS = 100;
/** There is no screen, but the state has a place for its size. */
const NO_SCREEN = { columns: 80, rows: 24 };

/**
 * Runs until `/quit`, an abort of `signal`, or, once `stdin` has ended, until everything that was typed is stored.
 * Resolves with the exit code: 0, or 1 where a message was refused or could not be sent.
 * @throws RtdError VALIDATION for an address or a name that cannot be one.
 */
export async function runPlain(options: PlainOptions): Promise<number> {
  const clock = options.clock ?? systemClock;
  const ascii = options.ascii === true;
  const time = createLocalTime(options.timeZone);
  const drawing = createDrawing(createTheme({ level: 0, ascii }), time);
  const { chat, market } = connectBoth(options);
  const ended = Promise.withResolvers<number>();
  const linkedOnce = Promise.withResolvers<void>();
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

  const inner = createFrameStore({
    initial: initialTerminal({ serverUrl: chat.api.baseUrl, size: NO_SCREEN, now: clock.now() }),
    reduce: reduceTerminal,
    isUrgent,
    clock,
    frameMillis: FRAME_MILLIS,
  });
  const store: FrameStore<Terminal, TerminalEvent> = {
    ...inner,
    get state() {
      return inner.state;
    },
    dispatch: (event) => {
      // What a screen would show for a while is a line here.
      if (event.kind !== 'noticed') inner.dispatch(event);
      else if (event.notice !== undefined) tell(drawing.text(event.notice.text));
      if (event.kind === 'conversations' && event.event.kind === 'listed') spoken.named();
    },
  };
  const spoken = createSpokenLines({
    clock,
    time,
    ascii,
    conversation: (id) => inner.state.conversations.list.find((one) => one.id === id),
    print,
  });

  const linked = (): boolean => chat.state.kind === 'live' || chat.state.kind === 'polling';
  let wasLinked = false;
  let lastWords = '';
  chat.on('state', (state) => {
    const words = stateWords(state, chat.api.baseUrl, wasLinked);
    wasLinked ||= linked();
    if (words !== undefined && words !== lastWords) tell(words);
    lastWords = words ?? lastWords;
    if (wasLinked) linkedOnce.resolve();
    if (state.kind === 'refused') ended.resolve(1);
  });
  const rooms = openRooms({
    store,
    chat,
    clock,
    backlog: BACKLOG,
    onHeard: spoken.say,
    // A person hears it at once; what reads a pipe, nobody knows.
    isSeen: 'isTTY' in options.stdin && options.stdin.isTTY === true,
  });

  const sendings: Promise<void>[] = [];
  const send = async (content: string): Promise<void> => {
    const outcome = await rooms.send(content);
    if (outcome.kind === 'sent') return;
    refusals += 1;
    tell(`not sent: ${drawing.text(content.slice(0, 60))}: ${drawing.text(outcome.error.message)}`);
  };
  let untold = 0;
  let done: Promise<void> = Promise.resolve();
  const run = createSpokenCommands({
    store,
    rooms,
    chat,
    market,
    drawing,
    ascii,
    tell,
    print,
    linked: linkedOnce.promise,
    send: (text) => sendings.push(send(text)),
    quit: () => finish(),
  });
  /** One after the other: what is typed behind `/join` goes where it leads. */
  const take = (line: string): void => {
    untold += 1;
    done = done
      .then(() => run(line))
      .finally(() => {
        untold -= 1;
      });
  };

  /** Leaves once everything is settled; a server that stays away is not waited for for ever. */
  const finish = (): void => {
    const giveUp = (): void => {
      if (linked()) {
        noLink = clock.after(NO_LINK_MILLIS, giveUp);
        return;
      }
      tell(`${chat.outgoing.length + untold} not sent: ${chat.api.baseUrl} could not be reached`);
      ended.resolve(1);
    };
    noLink?.cancel();
    noLink = clock.after(NO_LINK_MILLIS, giveUp);
    void done
      .then(() => Promise.all(sendings))
      // What was said before this session began is part of the answer, also where nothing is sent.
      .then(() => rooms.ready)
      .then(() => ended.resolve(refusals === 0 ? 0 : 1));
  };
  let noLink: ReturnType<typeof clock.after> | undefined;

  const lines = createInterface({ input: options.stdin, terminal: false, crlfDelay: Number.POSITIVE_INFINITY });
  lines.on('line', take);
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
    spoken.flush();
    market.close();
    inner.close();
    await rooms.close();
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
