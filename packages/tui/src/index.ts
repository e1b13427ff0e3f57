/** The terminal client: full screen on a terminal, lines without one. */
export type { ClientOptions, PlainOptions, TerminalOptions } from './options.ts';
export { runPlain } from './run-plain.ts';
export { runTerminal } from './run-terminal.ts';
export { safeName, safeText } from './safe-text.ts';
