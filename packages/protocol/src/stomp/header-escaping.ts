/**
 * How header names and values are written (stomp-rules 10 and 25 to 28). 1.0 has no escapes, 1.1 has three, 1.2 has four;
 * CONNECT and CONNECTED are written without any in every version, because they are read before the version is known.
 */
import type { StompVersion } from './frame.ts';
import { StompError } from './stomp-error.ts';

/** The escapes that a frame's headers are written with. */
export type HeaderEscaping = 'none' | '1.1' | '1.2';

const UNESCAPED_COMMANDS: ReadonlySet<string> = new Set(['CONNECT', 'STOMP', 'CONNECTED']);

export function escapingOf(command: string, version: StompVersion): HeaderEscaping {
  return version === '1.0' || UNESCAPED_COMMANDS.has(command) ? 'none' : version;
}

/** @throws StompError `bad-escape`: an undefined sequence, or a backslash at the end. */
export function unescapeHeader(text: string, escaping: '1.1' | '1.2', receiptId?: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\([\s\S]?)/gu, (sequence, letter: string) => {
    if (letter === 'n') return '\n';
    if (letter === 'c') return ':';
    if (letter === '\\') return '\\';
    if (letter === 'r' && escaping === '1.2') return '\r';
    throw new StompError(
      'bad-escape',
      `The header has the sequence ${JSON.stringify(sequence)}, which STOMP ${escaping} does not define; ` +
        `write ${escaping === '1.2' ? '\\n, \\c, \\\\ or \\r' : '\\n, \\c or \\\\'}.`,
      receiptId,
    );
  });
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\\', '\\\\'],
  ['\n', '\\n'],
  [':', '\\c'],
  ['\r', '\\r'],
]);

/** What an escaping cannot express becomes a space: it never goes out raw (stomp-rules 28). No version can express NUL. */
export function escapeHeader(text: string, escaping: HeaderEscaping): string {
  switch (escaping) {
    case 'none':
      return /[\r\n\0]/.test(text) ? text.replace(/[\r\n\0]/g, ' ') : text;
    case '1.1':
      return /[\\\r\n:\0]/.test(text) ? text.replace(/[\\\r\n:\0]/g, (c) => (c === '\r' ? ' ' : expressed(c))) : text;
    case '1.2':
      return /[\\\r\n:\0]/.test(text) ? text.replace(/[\\\r\n:\0]/g, expressed) : text;
  }
}

/**
 * As {@link escapeHeader}; a colon ends a name, so where it cannot be escaped it becomes a space too. Without escapes the
 * name comes without padding: a reader that trims must not find another name in it than a writer who does not.
 */
export function escapeHeaderName(name: string, escaping: HeaderEscaping): string {
  const escaped = escapeHeader(name, escaping);
  return escaping === 'none' ? escaped.replaceAll(':', ' ').replace(/^ +| +$/g, '') : escaped;
}

function expressed(character: string): string {
  return ESCAPES.get(character) ?? ' ';
}
