import { describe, expect, it } from 'vitest';
import type { StompVersion } from './frame.ts';
import { serializeFrame } from './stomp-serializer.ts';

const write = (
  command: string,
  headers: [string, string][],
  version: StompVersion,
  body?: string | Uint8Array,
): string => Buffer.from(serializeFrame({ command, headers, body }, version)).toString();

describe('serializeFrame', () => {
  it('writes the octets of the specification', () => {
    expect(write('MESSAGE', [['destination', '/topic/messages']], '1.2', 'ä')).toBe(
      'MESSAGE\ndestination:/topic/messages\ncontent-length:2\n\nä\0',
    );
    expect(write('RECEIPT', [['receipt-id', '1']], '1.2')).toBe('RECEIPT\nreceipt-id:1\n\n\0');
  });

  it('rule 10: CONNECT and CONNECTED are written without escapes', () => {
    for (const command of ['CONNECT', 'STOMP', 'CONNECTED']) {
      expect(write(command, [['server', 'a:b\\c']], '1.2')).toBe(`${command}\nserver:a:b\\c\n\n\0`);
    }
  });

  it('rules 25 to 28: each version escapes what it can, and nothing goes out raw that it cannot', () => {
    const hostile: [string, string][] = [['k', 'a\r\nid:1\0\\']];
    expect(write('MESSAGE', hostile, '1.0')).toBe('MESSAGE\nk:a  id:1 \\\n\n\0');
    expect(write('MESSAGE', hostile, '1.1')).toBe('MESSAGE\nk:a \\nid\\c1 \\\\\n\n\0');
    expect(write('MESSAGE', hostile, '1.2')).toBe('MESSAGE\nk:a\\r\\nid\\c1 \\\\\n\n\0');
  });

  it('a colon in a name cannot pass for the end of the name', () => {
    expect(write('MESSAGE', [['a:b', 'c']], '1.0')).toBe('MESSAGE\na b:c\n\n\0');
    expect(write('MESSAGE', [['a:b', 'c']], '1.2')).toBe('MESSAGE\na\\cb:c\n\n\0');
  });

  it('no padding can hide a content-length from us that a 1.0 reader, who trims, would see', () => {
    for (const name of [' content-length', 'content-length\0', '\ncontent-length\r']) {
      expect(write('MESSAGE', [[name, '999']], '1.0', 'x')).toBe('MESSAGE\ncontent-length:1\n\nx\0');
    }
    expect(write('MESSAGE', [[' ', 'nameless']], '1.0')).toBe('MESSAGE\n\n\0');
    expect(write('MESSAGE', [['', 'nameless']], '1.2')).toBe('MESSAGE\n\n\0');
  });

  it('rule 34: a body has its true content-length, whatever the headers say', () => {
    expect(write('SEND', [['content-length', '999']], '1.2', Uint8Array.of(0x61, 0, 0x62))).toBe(
      'SEND\ncontent-length:3\n\na\0b\0',
    );
    expect(write('SEND', [['content-length', '999']], '1.2')).toBe('SEND\n\n\0');
  });
});
