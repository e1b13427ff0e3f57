/** What stands behind the slash commands. */
import { CandleInterval } from '@rtd/protocol';
import { THEME_CHOICES, type ThemeChoice } from '../preferences.ts';
import { MAX_ALERTS, parseAlert, sameAlert } from '../state/alerts.ts';
import { partnerOf } from '../state/conversations.ts';
import type { FrameStore } from '../state/frame-store.ts';
import { type Notice, shownConversation, type Terminal, type TerminalEvent } from '../state/terminal.ts';
import { formatPrice } from '../view/number-format.ts';
import type { Prices } from './prices.ts';
import type { Rooms } from './rooms.ts';
import { type SlashCommand, wordsIn } from './slash-commands.ts';

export interface Commands {
  readonly store: FrameStore<Terminal, TerminalEvent>;
  readonly rooms: Rooms;
  readonly prices: Prices;
  say(tone: Notice['tone'], text: string): void;
  /** Writes what is known of the wire into a file; resolves with how many chunks these are. */
  saveWire(file: string): Promise<number>;
  /** Whether anybody looks at the wire. */
  wireShown(shown: boolean): void;
  /** Takes other colours; without a choice it says which these are. */
  theme(choice: ThemeChoice | undefined): void;
  /** Watch list and alerts have changed: they are kept for the next time. */
  keep(): void;
  quit(): void;
}

export interface CommandOptions extends Commands {
  /** As if it were typed; false where it cannot be a message. */
  send(text: string): boolean;
}

/** Resolves when it is done, where that takes a while. */
export function runCommand({ name, rest }: SlashCommand, options: CommandOptions): Promise<void> | undefined {
  const { store, rooms, prices, say } = options;
  const words = wordsIn(rest);
  const [first] = words;
  switch (name) {
    case 'help':
      store.dispatch({ kind: 'overlay', overlay: 'help' });
      return;
    case 'quit':
      options.quit();
      return;
    case 'dm': {
      if (first === undefined) {
        say('warn', 'Whom? /dm name, or /dm name and what you have to say.');
        return;
      }
      if (!rooms.writeTo(first)) return;
      const text = rest.trim().replace(/^\S+\s*/, '');
      if (text !== '') options.send(text);
      return;
    }
    case 'join':
      if (first === undefined) say('warn', 'Into which room? /join room');
      else return rooms.join(first);
      return;
    case 'new':
      if (first === undefined || words.length < 2) say('warn', 'A title and who is to be in it: /new title name name');
      else return rooms.create(first, words.slice(1));
      return;
    case 'add':
      if (first === undefined) say('warn', 'Whom? /add name');
      else return rooms.add(words);
      return;
    case 'leave':
      return rooms.leave();
    case 'conversations': {
      const { list, openKey } = store.state.conversations;
      store.dispatch({
        kind: 'overlay-row',
        row: Math.max(
          0,
          list.findIndex(({ key }) => key === openKey),
        ),
      });
      store.dispatch({ kind: 'overlay', overlay: 'conversations' });
      return;
    }
    case 'who':
      say('info', whoWords(store.state));
      return;
    case 'me': {
      const { userId } = store.state;
      if (rest !== '') options.send(`* ${userId ?? ''} ${rest}`.replace('  ', ' '));
      else
        say(
          'info',
          userId === undefined
            ? 'The server has not said yet.'
            : `You are ${userId}. Start with --name to be somebody else.`,
        );
      return;
    }
    case 'read':
      rooms.markRead(first === 'all' ? 'all' : 'shown');
      return;
    case 'search':
      if (rest === '') say('warn', 'What for? /search text');
      else return rooms.search(rest);
      return;
    case 'chart':
      openChart(words, options);
      return;
    case 'alert':
      setAlert(rest, options);
      return;
    case 'watch': {
      const symbols = words.map((word) => word.toUpperCase());
      const unknown = symbols.find((symbol) => !store.state.market.has(symbol));
      if (unknown !== undefined) {
        say('warn', `There is no price of ${unknown} here.`);
        return;
      }
      store.dispatch({ kind: 'prices', event: { kind: 'watched', symbols } });
      options.keep();
      return;
    }
    case 'wire': {
      const [, file] = /^save\s+(.+)$/.exec(rest) ?? [];
      if (file === undefined) {
        store.dispatch({ kind: 'overlay', overlay: 'wire' });
        options.wireShown(true);
        return;
      }
      void options.saveWire(file).then(
        (count) => say('info', `${count} chunks are in ${file} now; tokens are masked.`),
        (error: unknown) => say('bad', `${file} could not be written: ${error instanceof Error ? error.message : ''}`),
      );
      return;
    }
    case 'theme': {
      const choice = THEME_CHOICES.find((one) => one === first);
      if (first !== undefined && choice === undefined) say('warn', `There are light, dark and auto, not ${rest}.`);
      else options.theme(choice);
      return;
    }
    case 'retry':
      if (!rooms.retry()) say('info', 'There is no failed message.');
      return;
    case 'discard': {
      const text = rooms.discard();
      if (text === undefined) say('info', 'There is no unsent message.');
      else store.dispatch({ kind: 'edited', action: { kind: 'insert', text } });
      return;
    }
    case 'reconnect':
      rooms.reconnect();
      prices.reconnect();
      return;
  }
}

/** Who is in the conversation, those who are here first. */
export function whoWords(terminal: Terminal): string {
  const { people, userId } = terminal;
  const open = shownConversation(terminal);
  const withStatus = (id: string): string => (people.get(id)?.status === 'AWAY' ? `${id} (away)` : id);
  if (open.kind === 'global') {
    const ids = [...people.keys()];
    return ids.length === 0 ? 'Nobody is known to be here.' : `${ids.length} here: ${ids.map(withStatus).join(', ')}`;
  }
  const partner = partnerOf(open, userId);
  if (partner !== undefined) return `${withStatus(partner)} is ${people.has(partner) ? '' : 'not '}here.`;
  const here = open.members.filter((id) => people.has(id));
  const away = open.members.filter((id) => !people.has(id));
  const others = away.length === 0 ? '' : `; not here: ${away.join(', ')}`;
  return `${here.length} of ${open.members.length} here: ${here.map(withStatus).join(', ')}${others}`;
}

function openChart([symbol = '', wanted]: readonly string[], { store, prices, say }: CommandOptions): void {
  const named = symbol.toUpperCase();
  if (!store.state.market.has(named)) {
    say('warn', symbol === '' ? 'Of what? /chart BTC, or /chart BTC 5m' : `There is no price of ${named} here.`);
    return;
  }
  const interval = CandleInterval.safeParse(wanted ?? '1m');
  if (!interval.success) {
    say('warn', `There are candles of 1s, 1m, 5m and 1h, not of ${wanted ?? ''}.`);
    return;
  }
  prices.chart(named, interval.data);
  store.dispatch({ kind: 'focused', focus: 'prices' });
}

function setAlert(rest: string, { store, say, keep }: CommandOptions): void {
  const { alerts, market } = store.state;
  if (rest === '' || rest === 'clear') {
    const left = rest === 'clear' ? [] : alerts.filter(({ rangAt }) => rangAt === undefined);
    const words = left.map(({ symbol, when, price }) => `${symbol} ${when} ${formatPrice(price)}`);
    say('info', words.length === 0 ? 'No alert is set: /alert BTC > 70000' : `Set: ${words.join(', ')}`);
    store.dispatch({ kind: 'alerts', alerts: left });
    keep();
    return;
  }
  const alert = parseAlert(rest);
  if (alert === undefined || !market.has(alert.symbol)) {
    say(
      'warn',
      alert === undefined ? 'When? /alert BTC > 70000, or with <' : `There is no price of ${alert.symbol} here.`,
    );
    return;
  }
  const known = alerts.find((one) => sameAlert(one, alert) && one.rangAt === undefined);
  if (known !== undefined) {
    store.dispatch({ kind: 'alerts', alerts: alerts.filter((one) => one !== known) });
    say('info', 'That alert is taken out.');
  } else if (alerts.length >= MAX_ALERTS) say('warn', `There are ${MAX_ALERTS} already: /alert clear takes them out.`);
  else {
    store.dispatch({ kind: 'alerts', alerts: [...alerts.filter((one) => !sameAlert(one, alert)), alert] });
    say(
      'info',
      `It rings when ${alert.symbol} is ${alert.when === '>' ? 'over' : 'under'} ${formatPrice(alert.price)}.`,
    );
  }
  keep();
}
