/** What can be typed after a slash, in one table: help, completion and parsing read it. */

export type SlashCommand =
  | { readonly kind: 'help' }
  | { readonly kind: 'quit' }
  | { readonly kind: 'name' }
  | { readonly kind: 'who' }
  | { readonly kind: 'retry' }
  | { readonly kind: 'discard' }
  | { readonly kind: 'reconnect' };

export const SLASH_COMMANDS: readonly { readonly name: SlashCommand['kind']; readonly what: string }[] = [
  { name: 'help', what: 'all keys and commands' },
  { name: 'name', what: 'who you are here' },
  { name: 'who', what: 'who is here' },
  { name: 'retry', what: 'send a failed message again now' },
  { name: 'discard', what: 'take a failed message back' },
  { name: 'reconnect', what: 'try to connect now' },
  { name: 'quit', what: 'leave' },
];

export type Parsed =
  | { readonly kind: 'message'; readonly text: string }
  | { readonly kind: 'command'; readonly command: SlashCommand }
  | { readonly kind: 'unknown'; readonly name: string };

/** `//text` is the message `/text`; `/quit` a command; anything else a message. A path (`/etc/x`) is no command. */
export function parseLine(text: string): Parsed {
  const trimmed = text.trim();
  if (trimmed.startsWith('//')) return { kind: 'message', text: trimmed.slice(1) };
  const name = /^\/([a-z?]*)(?:\s|$)/i.exec(trimmed)?.[1]?.toLowerCase();
  if (name === undefined) return { kind: 'message', text: trimmed };
  const alias = { '?': 'help', exit: 'quit', q: 'quit', h: 'help' }[name] ?? name;
  const known = SLASH_COMMANDS.find((command) => command.name === alias);
  return known === undefined ? { kind: 'unknown', name } : { kind: 'command', command: { kind: known.name } };
}

/** What Tab makes of the text before the cursor: the longest certain continuation, from `from` on. */
export function complete(
  before: string,
  names: readonly string[],
): { readonly from: number; readonly text: string } | undefined {
  const command = /^\/([a-z]*)$/i.exec(before);
  const word = /[^\s]*$/u.exec(before)?.[0] ?? '';
  const from = before.length - word.length;
  const wanted = (command === null ? word.replace(/^@/, '') : word).toLowerCase();
  if (wanted === '') return undefined;
  const candidates = command === null ? names : SLASH_COMMANDS.map(({ name }) => `/${name}`);
  const fitting = candidates.filter((name) => name.toLowerCase().startsWith(wanted));
  const [only] = fitting;
  if (only === undefined) return undefined;
  const at = command === null && word.startsWith('@') ? '@' : '';
  if (fitting.length === 1) return { from, text: `${at}${only} ` };
  const common = fitting.reduce((prefix, name) => commonStart(prefix, name));
  return common.length > wanted.length ? { from, text: at + common } : undefined;
}

function commonStart(a: string, b: string): string {
  let length = 0;
  while (length < a.length && a[length]?.toLowerCase() === b[length]?.toLowerCase()) length += 1;
  return a.slice(0, length);
}
