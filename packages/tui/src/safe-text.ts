/**
 * What other people wrote, made safe to put on a terminal: names, messages, symbols, server errors.
 *
 * Promise, for any string: the result is well-formed, has no control character (except `\n` where lines are asked for),
 * nothing that reorders text, nothing invisible, no run of marks longer than {@link MAX_MARKS}, and is as wide on every
 * terminal that counts code points as Ink thinks it is. Escapes and overrides are shown, because someone meant harm with
 * them; what is merely invisible is removed. Applying it twice changes nothing.
 *
 * The width promise is why emoji sequences are taken apart (joiners, skin tones, presentation selectors): terminals do not
 * agree on how wide those are, and one wrong cell moves everything to the right of it.
 */

/** Combining marks kept on one character; Vietnamese needs 2, pointed Hebrew 4. */
export const MAX_MARKS = 4;

export interface SafeTextOptions {
  /** Keep line breaks as `\n`; without it they are made visible. */
  readonly lines?: boolean;
  /** Show what is made visible with ASCII only. */
  readonly ascii?: boolean;
}

const PLAIN = /^[\x20-\x7e]*$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is what this file is for
const CONTROL = /[\x00-\x1f\x7f-\x9f]/g;
const LINE_BREAK = /\r\n|[\n\u2028\u2029]/g;
const DIRECTION = /[\u202a-\u202e\u2066-\u2069]/g;
const REGIONAL = /\p{Regional_Indicator}{1,2}/gu;
const SKIN_TONE = /(?<=\p{Emoji_Modifier_Base}[\p{M}\p{Emoji_Modifier}]*)\p{Emoji_Modifier}/gu;
/** Default-ignorable code points; ZWNJ stays between letters of the scripts (Arabic to Sinhala) that spell with it. */
const INVISIBLE =
  /(?<![\u0620-\u0dff])\u200c|\u200c(?![\u0620-\u0dff])|[\p{Default_Ignorable_Code_Point}--[\u200c\u202a-\u202e\u2066-\u2069]]/gv;
const OTHER_FORMAT = /[\p{Cf}--[\u200c]]/gv;
/** Not in any Unicode version that this runtime knows, so its width is anybody's guess. */
const UNASSIGNED = /[\p{Cn}\u{16d40}-\u{16d7f}]/gv;
/** Korean letters that form no syllable: as wide as the terminal's font likes. */
const LOOSE_JAMO = /[\u1100-\u11ff\ua960-\ua97c\ud7b0-\ud7fb]/gu;
/** Marks on an emoji or a Korean syllable: some terminals give them a cell, some do not. */
const MISPLACED_MARKS =
  /(?<=[\p{Emoji_Presentation}\p{Extended_Pictographic}\p{Regional_Indicator}\p{Script=Hangul}])\p{M}+/gu;
const LONELY_MARK = /(^|\n)(?=\p{M})/gu;
const LONG_MARKS = new RegExp(`(\\p{M}{${MAX_MARKS}})\\p{M}+`, 'gu');

const DIRECTION_NAMES: Readonly<Record<string, string>> = {
  '\u202a': 'LRE',
  '\u202b': 'RLE',
  '\u202c': 'PDF',
  '\u202d': 'LRO',
  '\u202e': 'RLO',
  '\u2066': 'LRI',
  '\u2067': 'RLI',
  '\u2068': 'FSI',
  '\u2069': 'PDI',
};

/** `text` as it may be given to Ink; see the promise above. */
export function safeText(text: string, options: SafeTextOptions = {}): string {
  if (PLAIN.test(text)) return text;
  const ascii = options.ascii === true;
  const shown = text
    .toWellFormed()
    .replace(LINE_BREAK, '\n')
    .replace(CONTROL, (character) => {
      if (character === '\t') return options.lines === true ? '    ' : ' ';
      return character === '\n' && options.lines === true ? '\n' : visibleControl(character, ascii);
    })
    .replace(UNASSIGNED, '\ufffd')
    .replace(INVISIBLE, '')
    .replace(DIRECTION, (character) => `<${DIRECTION_NAMES[character] ?? codePoint(character)}>`)
    .replace(OTHER_FORMAT, (character) => `<${codePoint(character)}>`)
    .replace(REGIONAL, (flag) => ([...flag].length === 2 ? flag : regionalLetter(flag)))
    .replace(SKIN_TONE, '')
    .replace(MISPLACED_MARKS, '')
    .normalize('NFC')
    .replace(LOOSE_JAMO, '\ufffd');
  return shown.replace(LONG_MARKS, '$1').replace(LONELY_MARK, ascii ? '$1 ' : '$1\u25cc');
}

/** A name on one line: {@link safeText} with runs of white space as one space. */
export function safeName(text: string, options: { readonly ascii?: boolean } = {}): string {
  return safeText(text, options)
    .replace(/[\s\u3000]+/gu, ' ')
    .trim();
}

function visibleControl(character: string, ascii: boolean): string {
  const code = character.codePointAt(0) ?? 0;
  if (code > 0x7f) return `<${code.toString(16).toUpperCase()}>`;
  if (ascii) return code === 0x7f ? '^?' : `^${String.fromCodePoint(code + 0x40)}`;
  return code === 0x7f ? '\u2421' : String.fromCodePoint(0x2400 + code);
}

function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}

function regionalLetter(character: string): string {
  return String.fromCodePoint((character.codePointAt(0) ?? 0) - 0x1f1e6 + 0x41);
}
