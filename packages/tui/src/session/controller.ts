/** What the user does, done: keys to edits, scrolling, commands and messages. Knows the rooms and the store, not the screen. */
import type { Clock } from '@rtd/client';
import type { FrameStore } from '../state/frame-store.ts';
import { lengthOf } from '../state/line-editor.ts';
import type { Notice, Terminal, TerminalEvent } from '../state/terminal.ts';
import { chatWindow, scrolled, type WindowQuery } from '../view/chat-window.ts';
import type { KeyAction } from './key-actions.ts';
import type { Rooms } from './rooms.ts';
import { complete, parseLine, type SlashCommand } from './slash-commands.ts';

export interface Controller {
  handle(action: KeyAction): void;
}

export interface ControllerOptions {
  readonly store: FrameStore<Terminal, TerminalEvent>;
  readonly rooms: Rooms;
  readonly clock: Clock;
  /** The chat as it is laid out now. */
  chatQuery(terminal: Terminal): WindowQuery;
  quit(): void;
}

/** The contract's limit of a message, in characters. */
export const MAX_CONTENT = 4_000;
const NOTICE_MILLIS = 8_000;
/** More than any conversation has rows. */
const ALL_ROWS = 1_000_000_000;

export function createController(options: ControllerOptions): Controller {
  const { store, rooms, clock } = options;

  const say = (tone: Notice['tone'], text: string): void => {
    store.dispatch({ kind: 'noticed', notice: { tone, text, until: clock.now() + NOTICE_MILLIS } });
  };

  const scroll = (by: Extract<KeyAction, { kind: 'scroll' }>['by']): void => {
    const query = options.chatQuery(store.state);
    const page = Math.max(1, query.height - 2);
    const rows = { 'page-up': -page, 'page-down': page, 'row-up': -1, 'row-down': 1, top: -ALL_ROWS, end: ALL_ROWS }[
      by
    ];
    const next = by === 'end' ? ({ kind: 'end' } as const) : scrolled(query, rows);
    store.dispatch({ kind: 'scrolled', scroll: next });
    if (rows < 0 && chatWindow({ ...options.chatQuery(store.state) }).nearTop) rooms.loadOlder();
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
      run(line.command);
      return;
    }
    if (line.text === '') return;
    const length = lengthOf(line.text);
    if (length > MAX_CONTENT) {
      say('bad', `Too long by ${length - MAX_CONTENT} characters: a message has at most ${MAX_CONTENT}.`);
      return;
    }
    rooms.send(line.text);
    store.dispatch({ kind: 'edited', action: { kind: 'sent' } });
    store.dispatch({ kind: 'scrolled', scroll: { kind: 'end' } });
    const { kind } = store.state.links.chat;
    if (kind !== 'live' && kind !== 'polling')
      say('warn', 'Not connected: it is kept, and sent when the link is back.');
  };

  const run = (command: SlashCommand): void => {
    switch (command.kind) {
      case 'help':
        store.dispatch({ kind: 'overlay', overlay: 'help' });
        return;
      case 'quit':
        options.quit();
        return;
      case 'name': {
        const { userId } = store.state;
        say(
          'info',
          userId === undefined
            ? 'The server has not said yet.'
            : `You are ${userId}. Start with --name to be somebody else.`,
        );
        return;
      }
      case 'who': {
        const people = [...store.state.people].map(([id, { status }]) => (status === 'AWAY' ? `${id} (away)` : id));
        say(
          'info',
          people.length === 0 ? 'Nobody is known to be here.' : `${people.length} here: ${people.join(', ')}`,
        );
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
        return;
    }
  };

  const completeWord = (): void => {
    const { editor, people, market } = store.state;
    if (editor.text === '') {
      store.dispatch({ kind: 'charted', step: 1 });
      return;
    }
    const names = [...people.keys(), ...market.keys()];
    const completion = complete(editor.text.slice(0, editor.cursor), names);
    if (completion !== undefined) store.dispatch({ kind: 'edited', action: { kind: 'replace', ...completion } });
  };

  const interrupt = (): void => {
    if (store.state.editor.text === '') options.quit();
    else {
      store.dispatch({ kind: 'edited', action: { kind: 'clear' } });
      rooms.stoppedTyping();
      say('info', 'Ctrl-C again leaves; Ctrl-Y brings the text back.');
    }
  };

  const handleOpen = (action: KeyAction): void => {
    const { editor } = store.state;
    switch (action.kind) {
      case 'edit':
        if (action.action.kind === 'insert' && action.action.text === '?' && editor.text === '') {
          store.dispatch({ kind: 'overlay', overlay: 'help' });
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
      case 'previous-chart':
        store.dispatch({ kind: 'charted', step: -1 });
        return;
      case 'scroll':
        scroll(action.by);
        return;
      case 'interrupt':
        interrupt();
        return;
      case 'end-of-input':
        if (editor.text === '') options.quit();
        else store.dispatch({ kind: 'edited', action: { kind: 'delete', to: 'right' } });
        return;
      case 'escape':
        store.dispatch({ kind: 'noticed', notice: undefined });
        store.dispatch({ kind: 'scrolled', scroll: { kind: 'end' } });
        return;
      case 'suspend':
      case 'redraw':
        // Matters of the terminal alone: the screen has dealt with them.
        return;
    }
  };

  return {
    handle: (action) => {
      if (store.state.overlay === undefined) {
        handleOpen(action);
        return;
      }
      store.dispatch({ kind: 'overlay', overlay: undefined });
      // The key that closes the help does nothing else, but for those that mean the same everywhere.
      const isText = action.kind === 'edit' && action.action.kind === 'insert';
      if (isText) store.dispatch({ kind: 'edited', action: action.action });
      if (action.kind === 'interrupt') handleOpen(action);
    },
  };
}
