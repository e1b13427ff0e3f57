import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../../test/fake-clock.ts';
import { came, message, NOON, tick } from '../../test/messages.ts';
import { createFrameStore } from '../state/frame-store.ts';
import { initialTerminal, isUrgent, reduceTerminal, shownScroll, type Terminal } from '../state/terminal.ts';
import type { WireEntry } from '../state/wire.ts';
import { createDrawing } from '../view/drawing.ts';
import { createLocalTime } from '../view/local-time.ts';
import { chatQuery, shownWire } from '../view/screen-rows.ts';
import { createTheme } from '../view/theme.ts';
import { createController } from './controller.ts';
import { type KeyAction, pasteActions } from './key-actions.ts';
import type { Prices } from './prices.ts';
import type { Rooms } from './rooms.ts';

const drawing = createDrawing(createTheme({ level: 0 }), createLocalTime('UTC'));

function client() {
  const clock = createFakeClock(NOON);
  const store = createFrameStore({
    initial: initialTerminal({ serverUrl: 'http://here', size: { columns: 80, rows: 24 }, now: NOON }),
    reduce: reduceTerminal,
    isUrgent,
    clock,
    frameMillis: 100,
  });
  store.dispatch({ kind: 'link', link: 'chat', state: { kind: 'live' } });
  const calls: string[] = [];
  const rooms: Rooms = {
    send: (content) => {
      calls.push(`send ${content}`);
      return new Promise(() => undefined);
    },
    typed: () => calls.push('typed'),
    stoppedTyping: () => calls.push('stopped'),
    loadOlder: () => calls.push('older'),
    retry: () => calls.push('retry') > 1,
    discard: () => 'taken back',
    open: (key) => calls.push(`open ${key}`),
    writeTo: (userId) => calls.push(`to ${userId}`) > 0,
    join: async (id) => void calls.push(`join ${id}`),
    create: async (title, members) => void calls.push(`new ${title}: ${members.join(' ')}`),
    add: async (members) => void calls.push(`add ${members.join(' ')}`),
    leave: async () => void calls.push('leave'),
    markRead: (which) => calls.push(`read ${which}`),
    search: async (text) => void calls.push(`search ${text}`),
    reconnect: () => calls.push('reconnect'),
    ready: Promise.resolve(),
    unsent: () => [],
    settled: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  const prices: Prices = {
    chart: (symbol, interval) => calls.push(`chart ${symbol} ${interval ?? ''}`.trim()),
    reconnect: () => calls.push('reconnect prices'),
    close: () => undefined,
  };
  const controller = createController({
    store,
    rooms,
    prices,
    clock,
    shownHelp: () => ({ height: 20, total: 20, last: 0 }),
    shownWire: (terminal) => shownWire(terminal, drawing),
    saveWire: () => Promise.resolve(0),
    wireShown: (shown) => calls.push(`wire ${shown}`),
    theme: (choice) => calls.push(`theme ${choice ?? ''}`.trim()),
    keep: () => calls.push('keep'),
    chatQuery: (terminal) => chatQuery(terminal, drawing),
    quit: () => calls.push('quit'),
  });
  const press = (...actions: readonly KeyAction[]): Terminal => {
    for (const action of actions) controller.handle(action);
    return store.state;
  };
  const line = (text: string): Terminal => press(...pasteActions(text), { kind: 'submit' });
  return { store, calls, press, line };
}

describe('Enter', () => {
  it('sends, keeps the line in the history, and goes to the end', () => {
    const { calls, line } = client();
    const state = line('hello');
    expect(calls).toEqual(['typed', 'send hello']);
    expect(state.editor).toMatchObject({ text: '', history: ['hello'] });
    expect(shownScroll(state)).toEqual({ kind: 'end' });
  });

  it('sends nothing for nothing', () => {
    const { calls, press } = client();
    press({ kind: 'submit' });
    expect(calls).toEqual([]);
  });

  it('keeps what is too long, and says by how much', () => {
    const { calls, line } = client();
    const state = line('x'.repeat(4_003));
    expect(calls).not.toContain(`send ${'x'.repeat(4_003)}`);
    expect(state.editor.text.length).toBe(4_003);
    expect(state.notice?.text).toContain('by 3 characters');
  });

  it('says that it waits while there is no link', () => {
    const { store, calls, line } = client();
    store.dispatch({ kind: 'link', link: 'chat', state: { kind: 'offline' } });
    expect(line('hello').notice?.text).toContain('Not connected');
    expect(calls).toContain('send hello');
  });

  it('runs commands, and tells of those that do not exist without losing the line', () => {
    const { calls, line } = client();
    expect(line('/help').overlay).toBe('help');
    expect(line('x').overlay).toBeUndefined();
    line('/reconnect');
    line('/quit');
    expect(calls.filter((call) => call === 'reconnect' || call === 'quit')).toEqual(['reconnect', 'quit']);
    const state = line('/nonsense');
    expect(state.notice?.text).toContain('/nonsense');
    expect(state.editor.text).toBe('/nonsense');
  });

  it('takes a failed message back for another try', () => {
    const { line } = client();
    expect(line('/discard').editor.text).toBe('taken back');
  });
});

describe('other keys', () => {
  it('Ctrl-C clears the line first, and leaves after that', () => {
    const { calls, press } = client();
    expect(press(...pasteActions('draft'), { kind: 'interrupt' }).editor).toMatchObject({ text: '', cut: 'draft' });
    expect(calls).not.toContain('quit');
    press({ kind: 'interrupt' });
    expect(calls).toContain('quit');
  });

  it('a command is no typing, and emptying the line ends it', () => {
    const { calls, press } = client();
    press(...pasteActions('/wh'));
    expect(calls).toEqual([]);
    press({ kind: 'edit', action: { kind: 'cut', to: 'start' } });
    expect(calls).toEqual(['stopped']);
  });

  it('PgUp asks for older messages when it comes near the first', () => {
    const { store, calls, press } = client();
    for (let seq = 101; seq < 300; seq += 1) {
      store.dispatch(came(message({ seq })));
    }
    press({ kind: 'scroll', by: 'page-up' });
    expect(calls).toEqual([]);
    for (let page = 0; page < 20; page += 1) press({ kind: 'scroll', by: 'page-up' });
    expect(calls).toContain('older');
    expect(shownScroll(press({ kind: 'escape' }))).toEqual({ kind: 'end' });
  });

  it('a letter closes the help and is not lost', () => {
    const { press } = client();
    expect(press(...pasteActions('?')).overlay).toBe('help');
    const state = press(...pasteActions('?'));
    expect(state.overlay).toBeUndefined();
    expect(state.editor.text).toBe('?');
  });
});

describe('conversations', () => {
  it.each([
    ['/dm bob', ['to bob']],
    ['/dm @bob hi  there', ['to bob', 'send hi  there']],
    ['/join lobby', ['join lobby']],
    ['/new "the team" bob carol', ['new the team: bob carol']],
    ['/add dave', ['add dave']],
    ['/leave', ['leave']],
    ['/read all', ['read all']],
    ['/search two words', ['search two words']],
    ['/dm', []],
    ['/new team', []],
  ])('%s', (text, expected) => {
    const { calls, line } = client();
    line(text);
    expect(calls.filter((call) => call !== 'stopped')).toEqual(expected);
  });

  it('are stepped through with Ctrl-N, round and round, and found by their number', () => {
    const { store, calls, press } = client();
    store.dispatch({ kind: 'conversations', event: { kind: 'addressed', userId: 'bob' } });
    press({ kind: 'step-conversation', by: 1 }, { kind: 'step-conversation', by: -1 });
    press({ kind: 'nth-conversation', index: 1 }, { kind: 'nth-conversation', index: 8 });
    expect(calls).toEqual(['open to bob', 'open to bob', 'open to bob']);
  });
});

describe('prices', () => {
  it('take keys once Tab has gone there, and nothing that is typed is sent', () => {
    const { store, calls, press } = client();
    store.dispatch({ kind: 'market', event: { kind: 'snapshot', ticks: [tick('BTC', 1), tick('ETH', 2)], now: NOON } });
    press({ kind: 'complete' }, ...pasteActions('shello'), { kind: 'submit' });
    expect(store.state.prices.sortBy).toBe('symbol');
    expect(calls).toEqual(['chart BTC']);
    expect(store.state.editor.text).toBe('');
    press({ kind: 'complete' }, ...pasteActions('x'));
    expect(store.state.editor.text).toBe('x');
  });

  it('in the wire view Enter shows a frame in full, as far down as it goes, and Esc goes back to the list', () => {
    const { store, press } = client();
    const text = Array.from({ length: 60 }, (_, row) => `header-${row}:x`).join('\n');
    const entry = (number: number): WireEntry => {
      return { number, link: 'stomp', direction: 'in', at: NOON, size: 9, kept: 9, head: undefined, text };
    };
    const told = (...entries: readonly WireEntry[]): void =>
      store.dispatch({ kind: 'wire', event: { kind: 'entries', entries } });
    press({ kind: 'wire' });
    told(entry(1), entry(2), entry(3));
    press({ kind: 'edit', action: { kind: 'up' } }, { kind: 'submit' });
    expect(store.state.wire.full).toMatchObject({ entry: { number: 2 }, row: 0 });
    for (let page = 0; page < 20; page += 1) press({ kind: 'scroll', by: 'page-down' });
    const { last, total, height } = shownWire(store.state, drawing);
    expect(store.state.wire.full?.row).toBe(last);
    expect(last + height).toBe(total);
    expect(total).toBeGreaterThan(60);
    // What comes meanwhile, and what goes, changes nothing of it.
    told(entry(4), entry(5));
    expect(store.state.wire.full?.entry.number).toBe(2);
    told(entry(1), entry(2), entry(3));
    press({ kind: 'edit', action: { kind: 'move', to: 'left' } });
    expect(store.state.wire.full).toMatchObject({ entry: { number: 1 }, row: 0 });
    press({ kind: 'escape' });
    expect(store.state).toMatchObject({ overlay: 'wire', wire: { full: undefined, chosen: 1 } });
    press({ kind: 'escape' });
    expect(store.state.overlay).toBeUndefined();
  });

  it('Alt-R sends a failed message again, and says where there is none', () => {
    const { calls, store, press } = client();
    expect(press({ kind: 'retry' }).notice?.text).toContain('no failed message');
    store.dispatch({ kind: 'noticed', notice: undefined });
    expect(press({ kind: 'retry' }).notice).toBeUndefined();
    expect(calls).toEqual(['retry', 'retry']);
  });

  it('/theme takes light, dark and auto, says what there is, and nothing else', () => {
    const { calls, line } = client();
    line('/theme light');
    line('/theme');
    expect(line('/theme pink').notice?.text).toContain('light, dark and auto, not pink');
    expect(calls.filter((call) => call.startsWith('theme'))).toEqual(['theme light', 'theme']);
  });

  it('/chart, /alert and /watch say what they do not know', () => {
    const { store, calls, press, line } = client();
    expect(line('/chart XXX').notice?.text).toContain('no price of XXX');
    expect(line('/watch XXX').notice?.text).toContain('no price of XXX');
    expect(line('/alert soon').notice?.text).toContain('/alert BTC > 70000');
    store.dispatch({ kind: 'market', event: { kind: 'snapshot', ticks: [tick('BTC', 1)], now: NOON } });
    line('/chart btc 5m');
    // The chart has the keys now; Tab takes them back.
    press({ kind: 'complete' });
    expect(line('/alert btc > 2').alerts).toMatchObject([{ symbol: 'BTC', when: '>', price: 2 }]);
    expect(line('/watch btc').prices.watched).toEqual(['BTC']);
    expect(calls.filter((call) => call !== 'stopped')).toEqual(['chart BTC 5m', 'keep', 'keep']);
  });
});
