import { describe, expect, it } from 'vitest';
import { userIdHeader } from './user-id-header.ts';

describe('userIdHeader', () => {
  it.each([
    ['plain letters', 'ana', 'ana'],
    ['UTF-8, a character a byte, as Node gives it', 'Zo\u00c3\u00ab', 'Zoë'],
    ['Latin-1', 'Zo\u00eb', 'Zoë'],
    ['none', undefined, undefined],
    ['several', ['ana', 'ben'], 'ana'],
  ])('%s', (_, header, text) => {
    expect(userIdHeader(header)).toBe(text);
  });
});
