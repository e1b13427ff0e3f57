/** The slash commands where there is no screen: the same words, and their answers in lines. */
import type { ChatSession, MarketStream } from '@rtd/client';
import type { Tick } from '@rtd/protocol';
import { safeName, safeText } from '../safe-text.ts';
import type { FrameStore } from '../state/frame-store.ts';
import { shownConversation, type Terminal, type TerminalEvent } from '../state/terminal.ts';
import { conversationName } from '../view/conversation-name.ts';
import type { Drawing } from '../view/drawing.ts';
import { formatPercent, formatPrice } from '../view/number-format.ts';
import { runCommand } from './commands.ts';
import type { Rooms } from './rooms.ts';
import { type CommandName, parseLine, SLASH_COMMANDS, type SlashCommand } from './slash-commands.ts';
import { spokenLine } from './spoken-lines.ts';

export interface SpokenCommandsOptions {
  readonly store: FrameStore<Terminal, TerminalEvent>;
  readonly rooms: Rooms;
  readonly chat: ChatSession;
  readonly market: MarketStream;
  readonly drawing: Drawing;
  readonly ascii: boolean;
  /** An answer, for the user alone; it is safe already. */
  tell(line: string): void;
  /** A line of a conversation. */
  print(line: string): void;
  /** Resolves when there is, or has been, a link: before it nothing can be asked of the server. */
  readonly linked: Promise<void>;
  /** Says something in the conversation that is open. */
  send(text: string): void;
  quit(): void;
}

/** What is shown on a screen only: nothing of it can be a line. */
const ON_A_SCREEN: ReadonlySet<CommandName> = new Set(['chart', 'alert', 'watch', 'wire', 'theme', 'search']);
const OWN = [
  { name: 'history', takes: '[number]', what: 'what was said last in this conversation' },
  { name: 'prices', takes: '', what: 'the latest price of every symbol' },
] as const;
const LINES_OF_HISTORY = 20;

/** Does what a typed line says; resolves when the next one may be done. */
export function createSpokenCommands(options: SpokenCommandsOptions): (line: string) => Promise<void> {
  const { store, rooms, chat, market, drawing, tell } = options;

  const prices = new Map<string, Tick>();
  const learn = (tick: Tick): void => {
    prices.set(tick.symbol, tick);
  };
  market.on('snapshot', (ticks) => ticks.forEach(learn));
  market.on('tick', learn);

  const name = (): string => conversationName(shownConversation(store.state), store.state.userId, drawing);

  const tellPrices = (): void => {
    for (const { symbol, price, changePercent } of prices.values()) {
      tell(`${drawing.name(symbol)} ${formatPrice(price)} ${formatPercent(changePercent)}`);
    }
    if (prices.size === 0) tell('no prices yet');
  };
  const tellHelp = (): void => {
    tell('every line is sent to the conversation that you are in; these are commands:');
    for (const { name: command, takes, what } of [...SLASH_COMMANDS, ...OWN]) {
      const isHere =
        OWN.some((own) => own.name === command) ||
        SLASH_COMMANDS.some((one) => one.name === command && !ON_A_SCREEN.has(one.name));
      if (isHere) tell(`/${command}${takes === '' ? '' : ` ${takes}`}: ${what}`);
    }
    tell('// begins a message with a slash');
  };
  const tellConversations = (): void => {
    const { conversations, userId } = store.state;
    for (const one of conversations.list) {
      const unread = one.unread > 0 ? `, ${one.unread} unread` : '';
      const here = one.key === conversations.openKey ? ', you write here' : '';
      tell(`${conversationName(one, userId, drawing)}${unread}${here}`);
    }
  };
  const printHistory = async (rest: string): Promise<void> => {
    const open = shownConversation(store.state);
    const limit = rest === '' ? LINES_OF_HISTORY : Number(rest);
    if (!Number.isInteger(limit) || limit < 1 || limit > 500) {
      tell('How many? /history 50, up to 500');
      return;
    }
    const page = open.id === undefined ? { messages: [] } : await chat.api.history({ conversationId: open.id, limit });
    if (page.messages.length === 0) tell(`nothing was said in ${name()} yet`);
    const { ascii } = options;
    for (const message of page.messages) options.print(spokenLine(message, open, { time: drawing.time, ascii }));
  };

  const run = async (command: SlashCommand): Promise<void> => {
    switch (command.name) {
      case 'help':
        tellHelp();
        return;
      case 'conversations':
        tellConversations();
        return;
      case 'discard': {
        const text = rooms.discard();
        tell(text === undefined ? 'There is no unsent message.' : `taken back: ${safeText(text)}`);
        return;
      }
      default:
        if (ON_A_SCREEN.has(command.name)) tell(`/${command.name} needs a screen: leave --plain out`);
        else await runCommand(command, whole);
    }
  };
  const nothing = (): void => undefined;
  const whole = {
    store,
    rooms,
    prices: { chart: nothing, reconnect: () => market.reconnectNow(), close: nothing },
    say: (_tone: string, text: string) => tell(drawing.text(text)),
    saveWire: () => Promise.resolve(0),
    wireShown: nothing,
    theme: nothing,
    keep: nothing,
    quit: options.quit,
    send: (text: string) => {
      options.send(text);
      return true;
    },
  };

  return async (line) => {
    const own = /^\s*\/(history|prices)(?:\s+(.*?))?\s*$/i.exec(line);
    const parsed = parseLine(line);
    const needsServer =
      own !== null || (parsed.kind === 'command' && parsed.command.name !== 'quit' && parsed.command.name !== 'help');
    if (needsServer) await options.linked;
    const before = store.state.conversations.openKey;
    try {
      if (own !== null) {
        if (own[1]?.toLowerCase() === 'prices') tellPrices();
        else await printHistory(own[2] ?? '');
      } else if (parsed.kind === 'unknown') {
        tell(`there is no command /${safeName(parsed.name)}: /help tells all; to send it as a message, begin with //`);
      } else if (parsed.kind === 'command') await run(parsed.command);
      else if (parsed.text !== '') options.send(parsed.text);
    } catch (error) {
      tell(drawing.text(error instanceof Error ? error.message : 'That did not work.'));
    }
    if (store.state.conversations.openKey !== before) tell(`you write to ${name()} now`);
  };
}
