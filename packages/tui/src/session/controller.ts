/** What the user does, done: keys to edits, scrolling, commands and messages. Knows the rooms and the store, not the screen. */
import type { Clock } from '@rtd/client';
import { lengthOf } from '../state/line-editor.ts';
import { type Notice, shownConversation, type Terminal } from '../state/terminal.ts';
import { chatWindow, scrolled, type WindowQuery } from '../view/chat-window.ts';
import type { Page } from '../view/page.ts';
import { type Commands, runCommand } from './commands.ts';
import type { KeyAction } from './key-actions.ts';
import { handleConversationsKey, handleHelpKey, handlePriceKey, handleWireKey } from './overlay-keys.ts';
import { NOT_CONNECTED } from './rooms.ts';
import { complete, parseLine } from './slash-commands.ts';

export interface Controller {
  handle(action: KeyAction): void;
}

export interface ControllerOptions extends Omit<Commands, 'say'> {
  readonly clock: Clock;
  /** The chat as it is laid out now. */
  chatQuery(terminal: Terminal): WindowQuery;
  /** The help as it is laid out now. */
  shownHelp(terminal: Terminal): Page;
  /** What of the wire view is open in full. */
  shownWire(terminal: Terminal): Page;
}

/** The contract's limit of a message, in characters. */
export const MAX_CONTENT = 4_000;
const NOTICE_MILLIS = 8_000;

export function createController(options: ControllerOptions): Controller {
  const { store, rooms, prices, clock } = options;

  const say = (tone: Notice['tone'], text: string): void => {
    store.dispatch({ kind: 'noticed', notice: { tone, text, until: clock.now() + NOTICE_MILLIS } });
  };

  const scroll = (by: Extract<KeyAction, { kind: 'scroll' }>['by']): void => {
    const query = options.chatQuery(store.state);
    const page = Math.max(1, query.height - 2);
    const rows = {
      'page-up': -page,
      'page-down': page,
      'row-up': -1,
      'row-down': 1,
      top: Number.NEGATIVE_INFINITY,
      end: Number.POSITIVE_INFINITY,
    }[by];
    const next = by === 'end' ? ({ kind: 'end' } as const) : scrolled(query, rows);
    store.dispatch({ kind: 'scrolled', scroll: next });
    if (rows < 0 && chatWindow(options.chatQuery(store.state)).nearTop) rooms.loadOlder();
  };

  const submit = (): void => {
    const { text } = store.state.editor;
    const line = parseLine(text);
    if (line.kind === 'unknown') {
      say('warn', `There is no command /${line.name}: /help shows all. To send it as a message, begin with //.`);
      return;
    }
    if (line.kind === 'command') {
      store.dispatch({ kind: 'edited', action: { kind: 'sent' } });
      rooms.stoppedTyping();
      void runCommand(line.command, { ...options, say, send });
      return;
    }
    if (line.text !== '' && send(line.text)) store.dispatch({ kind: 'edited', action: { kind: 'sent' } });
  };

  /** False, and said why, where it cannot be a message. */
  const send = (text: string): boolean => {
    const length = lengthOf(text);
    if (length > MAX_CONTENT) {
      say('bad', `Too long by ${length - MAX_CONTENT} characters: a message has at most ${MAX_CONTENT}.`);
      return false;
    }
    void rooms.send(text);
    store.dispatch({ kind: 'scrolled', scroll: { kind: 'end' } });
    const { kind } = store.state.links.chat;
    if (kind !== 'live' && kind !== 'polling') say('warn', NOT_CONNECTED);
    return true;
  };

  const completeWord = (): void => {
    const { editor, people, market, conversations } = store.state;
    if (editor.text === '') {
      otherPane();
      return;
    }
    const members = conversations.list.flatMap((one) => [...one.members, one.title ?? one.id ?? '']);
    const names = new Set([...people.keys(), ...market.keys(), ...members].filter((name) => /^\S+$/.test(name)));
    const completion = complete(editor.text.slice(0, editor.cursor), [...names]);
    if (completion !== undefined) store.dispatch({ kind: 'edited', action: { kind: 'replace', ...completion } });
  };

  const otherPane = (): void => {
    store.dispatch({ kind: 'focused', focus: store.state.focus === 'chat' ? 'prices' : 'chat' });
  };

  const stepConversation = (by: number): void => {
    const { list, openKey } = store.state.conversations;
    const at = list.findIndex(({ key }) => key === openKey);
    const next = list.at((at + by) % list.length);
    if (next !== undefined) show(next.key);
  };
  const nextUnread = (): void => {
    const { list, openKey } = store.state.conversations;
    const at = list.findIndex(({ key }) => key === openKey);
    const next = [...list.slice(at + 1), ...list.slice(0, at)].find(({ unread }) => unread > 0);
    if (next === undefined) say('info', 'Everything is read.');
    else show(next.key);
  };
  const show = (key: string): void => {
    store.dispatch({ kind: 'focused', focus: 'chat' });
    rooms.open(key);
  };

  const interrupt = (): void => {
    if (store.state.editor.text === '') options.quit();
    else {
      store.dispatch({ kind: 'edited', action: { kind: 'clear' } });
      rooms.stoppedTyping();
      say('info', 'Ctrl-C again leaves; Ctrl-Y brings the text back.');
    }
  };

  const openOverlay = (overlay: Terminal['overlay']): void => {
    store.dispatch({ kind: 'overlay-row', row: 0 });
    store.dispatch({ kind: 'overlay', overlay });
    options.wireShown(overlay === 'wire');
    if (overlay !== 'wire') store.dispatch({ kind: 'wire', event: { kind: 'closed' } });
  };

  /** Keys that mean the same wherever one is. */
  const handleAnywhere = (action: KeyAction): boolean => {
    switch (action.kind) {
      case 'interrupt':
        interrupt();
        return true;
      case 'step-conversation':
        stepConversation(action.by);
        return true;
      case 'nth-conversation': {
        const key = store.state.conversations.list[action.index]?.key;
        if (key !== undefined) show(key);
        return true;
      }
      case 'next-unread':
        nextUnread();
        return true;
      case 'other-pane':
        otherPane();
        return true;
      case 'retry':
        if (!rooms.retry()) say('info', 'There is no failed message.');
        return true;
      case 'wire':
      case 'help':
        openOverlay(action.kind);
        return true;
      case 'suspend':
      case 'redraw':
        // Matters of the terminal alone: the screen has dealt with them.
        return true;
      default:
        return false;
    }
  };

  const handleChat = (action: KeyAction): void => {
    const { editor } = store.state;
    switch (action.kind) {
      case 'edit':
        if (action.action.kind === 'insert' && action.action.text === '?' && editor.text === '') {
          openOverlay('help');
          return;
        }
        store.dispatch({ kind: 'edited', action: action.action });
        if (store.state.editor.text === editor.text) return;
        if (store.state.editor.text === '') rooms.stoppedTyping();
        else if (!store.state.editor.text.startsWith('/')) rooms.typed();
        return;
      case 'submit':
        submit();
        return;
      case 'complete':
        completeWord();
        return;
      case 'scroll':
        scroll(action.by);
        return;
      case 'end-of-input':
        if (editor.text === '') options.quit();
        else store.dispatch({ kind: 'edited', action: { kind: 'delete', to: 'right' } });
        return;
      case 'escape':
        store.dispatch({ kind: 'noticed', notice: undefined });
        if (shownConversation(store.state).scroll.kind === 'at')
          store.dispatch({ kind: 'scrolled', scroll: { kind: 'end' } });
        return;
      default:
        return;
    }
  };

  const handlePrices = (action: KeyAction): void => {
    if (action.kind === 'complete') otherPane();
    else if (action.kind === 'end-of-input') options.quit();
    else if (!store.state.prices.filtering && handleAnywhere(action)) return;
    else if (!handlePriceKey(action, store, prices)) handleAnywhere(action);
  };

  const handleOverlay = (overlay: NonNullable<Terminal['overlay']>, action: KeyAction): void => {
    if (overlay === 'wire' && handleWireKey(action, store, options.shownWire(store.state))) return;
    if (overlay === 'conversations' && handleConversationsKey(action, store, show)) return;
    if (overlay === 'help' && handleHelpKey(action, store, options.shownHelp(store.state))) return;
    openOverlay(undefined);
    const isSame = action.kind === 'wire' || action.kind === 'help';
    if (!isSame && handleAnywhere(action)) return;
    // A letter closes the help and is not lost.
    if (overlay === 'help' && action.kind === 'edit' && action.action.kind === 'insert') {
      store.dispatch({ kind: 'edited', action: action.action });
    }
  };

  const handle = (action: KeyAction): void => {
    // Keys that come in one chunk are keys all the same where they are no text.
    const typed = action.kind === 'edit' && action.action.kind === 'insert' ? [...action.action.text] : [];
    if (typed.length > 1 && (store.state.focus === 'prices' || store.state.overlay === 'wire')) {
      for (const text of typed) handle({ kind: 'edit', action: { kind: 'insert', text } });
      return;
    }
    const { overlay, focus, notice } = store.state;
    // What is said without an end is said until the next key.
    if (notice !== undefined && notice.until === undefined) store.dispatch({ kind: 'noticed', notice: undefined });
    if (overlay !== undefined) handleOverlay(overlay, action);
    else if (focus === 'prices') handlePrices(action);
    else if (!handleAnywhere(action)) handleChat(action);
  };

  return { handle };
}
