/** What can be typed after a slash, in one table: help, completion and parsing read it. */

export interface SlashCommand {
  readonly name: CommandName;
  /** What stands behind it, trimmed. */
  readonly rest: string;
}

const TABLE = [
  { name: 'dm', takes: 'name [text]', what: 'write to somebody alone' },
  { name: 'join', takes: 'room', what: 'into a public room; made if new' },
  { name: 'new', takes: 'title name…', what: 'a group; "quote" a long title' },
  { name: 'add', takes: 'name…', what: 'add people to this group' },
  { name: 'leave', takes: '', what: 'out of this conversation' },
  { name: 'conversations', takes: '', what: 'all of them, to choose from' },
  { name: 'who', takes: '', what: 'who is in it, and who is here' },
  { name: 'me', takes: '[text]', what: 'who you are; say what you do' },
  { name: 'read', takes: '[all]', what: 'it, or everything, is read' },
  { name: 'search', takes: 'text', what: 'look for it, further back each time' },
  { name: 'chart', takes: 'symbol [1m]', what: 'open its chart: 1s, 1m, 5m, 1h' },
  { name: 'alert', takes: 'BTC > 70000', what: 'ring then; alone: what is set' },
  { name: 'watch', takes: '[symbol…]', what: 'only these prices; none: all' },
  { name: 'wire', takes: '[save file]', what: 'what goes over the wire (F2)' },
  { name: 'theme', takes: '[light]', what: 'colours for light, dark; auto asks' },
  { name: 'retry', takes: '', what: 'send a failed message again now' },
  { name: 'discard', takes: '', what: 'take a failed message back' },
  { name: 'reconnect', takes: '', what: 'try to connect now' },
  { name: 'help', takes: '', what: 'all keys and commands' },
  { name: 'quit', takes: '', what: 'leave' },
] as const;

export type CommandName = (typeof TABLE)[number]['name'];

export const SLASH_COMMANDS: readonly { readonly name: CommandName; readonly takes: string; readonly what: string }[] =
  TABLE;

const ALIASES: Readonly<Record<string, CommandName>> = {
  '?': 'help',
  h: 'help',
  exit: 'quit',
  q: 'quit',
  name: 'me',
  msg: 'dm',
  chats: 'conversations',
  list: 'conversations',
};

export type Parsed =
  | { readonly kind: 'message'; readonly text: string }
  | { readonly kind: 'command'; readonly command: SlashCommand }
  | { readonly kind: 'unknown'; readonly name: string };

/** `//text` is the message `/text`; `/quit` a command; anything else a message. A path (`/etc/x`) is no command. */
export function parseLine(text: string): Parsed {
  const trimmed = text.trim();
  if (trimmed.startsWith('//')) return { kind: 'message', text: trimmed.slice(1) };
  const [, typed, rest = ''] = /^\/([a-z?]*)(?:\s+([\s\S]*))?$/i.exec(trimmed) ?? [];
  if (typed === undefined) return { kind: 'message', text: trimmed };
  const name = typed.toLowerCase();
  const known = SLASH_COMMANDS.find((command) => command.name === (ALIASES[name] ?? name));
  return known === undefined ? { kind: 'unknown', name } : { kind: 'command', command: { name: known.name, rest } };
}

/** Words of `rest`; what stands in double quotes is one. An `@` before a name is let go. */
export function wordsIn(rest: string): readonly string[] {
  return [...rest.matchAll(/"([^"]*)"|(\S+)/g)]
    .map(([, quoted, bare = '']) => quoted?.trim() ?? bare.replace(/^@(?=.)/, '').replace(/,$/, ''))
    .filter((word) => word !== '');
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
