import { describe, expect, it } from 'vitest';
import { type Key, type KeyAction, keyActions, pasteActions } from './key-actions.ts';

const NO_KEY: Key = {
  upArrow: false,
  downArrow: false,
  leftArrow: false,
  rightArrow: false,
  pageUp: false,
  pageDown: false,
  home: false,
  end: false,
  return: false,
  escape: false,
  tab: false,
  backspace: false,
  delete: false,
  ctrl: false,
  meta: false,
  shift: false,
};
const insert = (text: string): KeyAction => ({ kind: 'edit', action: { kind: 'insert', text } });

describe('keys', () => {
  it.each<[string, string, Partial<Key>, KeyAction]>([
    ['a letter', 'x', {}, insert('x')],
    ['an emoji', '🎉', {}, insert('🎉')],
    ['Enter', '', { return: true }, { kind: 'submit' }],
    ['Alt-Enter', '', { return: true, meta: true }, insert('\n')],
    ['Ctrl-A', 'a', { ctrl: true }, { kind: 'edit', action: { kind: 'move', to: 'line-start' } }],
    ['Ctrl-W', 'w', { ctrl: true }, { kind: 'edit', action: { kind: 'cut', to: 'word-left' } }],
    ['Ctrl-C', 'c', { ctrl: true }, { kind: 'interrupt' }],
    ['Alt-B', 'b', { meta: true }, { kind: 'edit', action: { kind: 'move', to: 'word-left' } }],
    ['Ctrl-Left', '', { leftArrow: true, ctrl: true }, { kind: 'edit', action: { kind: 'move', to: 'word-left' } }],
    ['Alt-Backspace', '', { backspace: true, meta: true }, { kind: 'edit', action: { kind: 'cut', to: 'word-left' } }],
    ['PgUp', '', { pageUp: true }, { kind: 'scroll', by: 'page-up' }],
    ['Shift-Down', '', { downArrow: true, shift: true }, { kind: 'scroll', by: 'row-down' }],
    ['Tab', '', { tab: true }, { kind: 'complete' }],
  ])('%s', (_what, input, key, action) => {
    expect(keyActions(input, { ...NO_KEY, ...key })).toEqual([action]);
  });

  it('has a key to send a failed message again', () => {
    expect(keyActions('r', { ...NO_KEY, meta: true })).toEqual([{ kind: 'retry' }]);
  });

  it('gives no text for a key with Ctrl or Alt that means nothing here', () => {
    expect(keyActions('q', { ...NO_KEY, ctrl: true })).toEqual([]);
    expect(keyActions('q', { ...NO_KEY, meta: true })).toEqual([]);
  });

  it('takes a chunk of several keys apart', () => {
    expect(keyActions('hi\x01x\r', NO_KEY)).toEqual([
      insert('hi'),
      { kind: 'edit', action: { kind: 'move', to: 'line-start' } },
      insert('x'),
      { kind: 'submit' },
    ]);
  });
});

describe('a paste', () => {
  it('is one insertion and never sends', () => {
    expect(pasteActions('one\ntwo\n')).toEqual([insert('one\ntwo\n')]);
  });

  it('is noticed also where the terminal does not mark it', () => {
    expect(keyActions('one\rtwo\r', NO_KEY)).toEqual([insert('one\rtwo')]);
  });
});
