import { describe, expect, it } from 'vitest';
import { complete, parseLine } from './slash-commands.ts';

describe('a line', () => {
  it.each([
    ['hello', { kind: 'message', text: 'hello' }],
    ['  hello  ', { kind: 'message', text: 'hello' }],
    ['/quit', { kind: 'command', command: { kind: 'quit' } }],
    ['/Q now', { kind: 'command', command: { kind: 'quit' } }],
    ['/?', { kind: 'command', command: { kind: 'help' } }],
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
