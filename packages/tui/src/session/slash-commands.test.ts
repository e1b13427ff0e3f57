import { describe, expect, it } from 'vitest';
import { complete, parseLine, wordsIn } from './slash-commands.ts';

describe('a line', () => {
  it.each([
    ['hello', { kind: 'message', text: 'hello' }],
    ['  hello  ', { kind: 'message', text: 'hello' }],
    ['/quit', { kind: 'command', command: { name: 'quit', rest: '' } }],
    ['/Q now', { kind: 'command', command: { name: 'quit', rest: 'now' } }],
    ['/dm bob  hi there ', { kind: 'command', command: { name: 'dm', rest: 'bob  hi there' } }],
    ['/msg bob', { kind: 'command', command: { name: 'dm', rest: 'bob' } }],
    ['/?', { kind: 'command', command: { name: 'help', rest: '' } }],
    ['/quti', { kind: 'unknown', name: 'quti' }],
    ['//quit', { kind: 'message', text: '/quit' }],
    ['/etc/passwd', { kind: 'message', text: '/etc/passwd' }],
    ['a /quit', { kind: 'message', text: 'a /quit' }],
  ])('%s', (text, parsed) => {
    expect(parseLine(text)).toEqual(parsed);
  });
});

describe('Tab', () => {
  const names = ['ana.bot', 'anton', 'BTC'];

  it.each([
    ['completes a command', '/qu', { from: 0, text: '/quit ' }],
    ['completes as far as it is certain', '/re', undefined],
    ['completes a name', 'hi ant', { from: 3, text: 'anton ' }],
    ['keeps the @', 'hi @ANT', { from: 3, text: '@anton ' }],
    ['completes a symbol', 'buy bt', { from: 4, text: 'BTC ' }],
    ['completes what names share', 'a', { from: 0, text: 'an' }],
    ['does nothing for nothing', 'hi ', undefined],
    ['does nothing for what nobody is called', 'zzz', undefined],
  ])('%s', (_what, before, completion) => {
    expect(complete(before, names)).toEqual(completion);
  });
});

describe('words behind a command', () => {
  it.each([
    ['team bob carol', ['team', 'bob', 'carol']],
    ['"the team" @bob, @carol', ['the team', 'bob', 'carol']],
    ['', []],
    ['"" @', ['@']],
  ])('%s', (rest, words) => {
    expect(wordsIn(rest)).toEqual(words);
  });
});
