/**
 * The keyboard, without what the terminal says of itself: its answers come the same way as keys do, in their own time, and
 * must never become text in the input line. So whatever reads the keys reads them through here.
 *
 * The question is OSC 11 (what is the background?) with a device-attributes request behind it: every terminal answers that
 * one, so that nobody waits for an answer which will never come.
 */
import type { Clock } from '@rtd/client';
import type { Background } from './view/palette.ts';

export interface TerminalInput {
  /** As it was given, but for `read`: answers of the terminal are taken out. */
  readonly stdin: NodeJS.ReadStream;
  /**
   * Asks for the background, and resolves with it; undefined where the terminal does not say it in time. What was typed
   * meanwhile is typed still. Only while nobody else reads: raw mode is on from here on.
   */
  ask(): Promise<Background | undefined>;
}

export interface TerminalInputOptions {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WritableStream;
  readonly clock: Clock;
  /** Each answer, late ones too. */
  onBackground(background: Background): void;
}

/** To be written whenever somebody wants to know; the answer comes by `onBackground`. */
export const ASK_BACKGROUND = '\x1b]11;?\x1b\\\x1b[c';
/** A terminal on the same machine answers in a millisecond, one behind a slow line after a round trip. */
const LONGEST_WAIT_MILLIS = 250;

export function openTerminalInput({ stdin, stdout, clock, onBackground }: TerminalInputOptions): TerminalInput {
  let answered: (() => void) | undefined;
  let said: Background | undefined;
  const withoutReplies = replyFilter((background) => {
    if (background !== undefined) {
      said = background;
      onBackground(background);
    }
    answered?.();
  });
  const read = (): string | null => {
    const chunk: unknown = stdin.read();
    return chunk === null ? null : withoutReplies(String(chunk));
  };
  return {
    stdin: new Proxy(stdin, {
      get: (target, property) => {
        if (property === 'read') return read;
        const value: unknown = Reflect.get(target, property, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    }),
    ask: () =>
      new Promise((resolve) => {
        let typed = '';
        const look = (): void => {
          for (let chunk = read(); chunk !== null; chunk = read()) typed += chunk;
        };
        const done = (): void => {
          timer.cancel();
          answered = undefined;
          // In the middle of reading: what came in the same piece as the answer is still to be kept.
          queueMicrotask(() => {
            stdin.off('readable', look);
            if (typed !== '') stdin.unshift(typed);
            resolve(said);
          });
        };
        const timer = clock.after(LONGEST_WAIT_MILLIS, done);
        answered = done;
        stdin.setEncoding('utf8');
        stdin.setRawMode(true);
        stdin.on('readable', look);
        stdout.write(ASK_BACKGROUND);
      }),
  };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: answers begin and end with them
const REPLY = /\x1b\]1[01];(?<color>[^\x07\x1b]*)(?:\x07|\x1b\\)|\x1b\[\?[\d;]*c/g;
/** What may become an answer with the next piece; a lone Escape is a key. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above
const BEGUN = /\x1b(?:\](?:1(?:[01](?:;(?:[rgba:\da-f/]{0,40}\x1b?)?)?)?)?|\[\?[\d;]{0,20})$/i;

/** Gives back what was typed. `onReply`: the background, or undefined for an answer that says nothing of it. */
export function replyFilter(onReply: (background: Background | undefined) => void): (chunk: string) => string {
  let begun = '';
  return (chunk) => {
    if (begun === '' && !chunk.includes('\x1b')) return chunk;
    const typed = `${begun}${chunk}`.replaceAll(REPLY, (_reply, color: unknown) => {
      onReply(typeof color === 'string' ? backgroundOf(color) : undefined);
      return '';
    });
    const rest = BEGUN.exec(typed)?.index ?? typed.length;
    begun = typed.slice(rest);
    return typed.slice(0, rest);
  };
}

/** `rgb:1e1e/1e1e/1e1e`, as xterm answers, with 1 to 4 digits each. */
function backgroundOf(color: string): Background | undefined {
  const parts = /^rgba?:([\da-f]{1,4})\/([\da-f]{1,4})\/([\da-f]{1,4})/i.exec(color)?.slice(1);
  if (parts === undefined) return undefined;
  const [red = 0, green = 0, blue = 0] = parts.map((part) => Number.parseInt(part, 16) / (16 ** part.length - 1));
  return 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 ? 'light' : 'dark';
}

/** What COLORFGBG says (`15;0`, `0;default;15`): the last is the background, of the 16 colours. */
export function backgroundInEnv(env: Readonly<Record<string, string | undefined>>): Background | undefined {
  const code = /;(\d{1,2})$/.exec(env.COLORFGBG ?? '')?.[1];
  if (code === undefined) return undefined;
  return code === '7' || (Number(code) > 8 && Number(code) < 16) ? 'light' : 'dark';
}
