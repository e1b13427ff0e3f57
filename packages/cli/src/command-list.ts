/** The commands by name, with the line that lists them: for the first help, and for who has typed a name wrong. */

export interface ListedCommand {
  /** As it is typed after `rtd`. */
  readonly words: string;
  /** What one gets from it, in one line. */
  readonly summary: string;
  /** One of those that a newcomer wants. */
  readonly first: boolean;
}

export const COMMANDS = [
  { words: 'start', summary: 'everything at once: a server, live prices, three bots, and you', first: true },
  { words: 'chat', summary: 'chat and prices in the terminal', first: true },
  { words: 'send', summary: 'send a message; done when it is stored', first: true },
  { words: 'watch chat', summary: 'follow a conversation, line by line', first: true },
  { words: 'watch market', summary: 'follow prices, line by line', first: true },
  { words: 'history', summary: 'print what was said', first: false },
  { words: 'serve', summary: 'run a server', first: false },
  { words: 'token', summary: 'a token for development, for a server that wants one', first: false },
  { words: 'simulate', summary: 'feed a server with a simulated market', first: false },
  { words: 'replay', summary: 'what was said, at its own pace; also into another conversation', first: false },
  { words: 'replay market', summary: 'prices of the past, at their own pace', first: false },
  { words: 'config get', summary: 'what the config file says', first: false },
  { words: 'config set', summary: 'keep an option in the config file, or a server as a profile', first: false },
  { words: 'config path', summary: 'where the config file is', first: false },
  { words: 'completion', summary: 'completion for bash, zsh and fish', first: false },
  { words: 'seed', summary: 'fill a store with people, conversations and a day of prices', first: false },
  { words: 'up', summary: 'start MySQL, Redis and Kafka on this machine', first: false },
  { words: 'down', summary: 'end what "rtd up" has started', first: false },
  { words: 'status', summary: 'what "rtd up" has started, and where it is', first: false },
  { words: 'bench fanout', summary: 'load any STOMP server: a few send, very many receive', first: false },
  { words: 'bench send', summary: 'load any STOMP server: many send, and wait for receipts', first: false },
  { words: 'bench idle', summary: 'load any STOMP server: connections that are only there', first: false },
  { words: 'bench storm', summary: 'load any STOMP server: all are cut off and come back at once', first: false },
  { words: 'bench sse', summary: 'load any server of event streams', first: false },
  { words: 'top', summary: 'one or several servers, live: rates, latencies, queues', first: false },
  { words: 'doctor', summary: 'find out what is wrong, and how to mend it', first: false },
  { words: 'explain', summary: 'watch WebSocket, STOMP or SSE byte by byte', first: false },
] as const satisfies readonly ListedCommand[];

export type CommandWords = (typeof COMMANDS)[number]['words'];

/** The line of a command. */
export function summaryOf(words: CommandWords): string {
  const summary = COMMANDS.find((command) => command.words === words)?.summary ?? '';
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
}
