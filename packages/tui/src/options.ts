/** What the terminal client is given from outside: where to connect, streams, time, and how it is told to stop. */
import type {
  ChatOptions,
  ChatSession,
  ChatTransport,
  ClientIdentity,
  Clock,
  MarketOptions,
  MarketStream,
  OutboxStore,
  WireChunk,
} from '@rtd/client';
import type { PreferencesStore, ThemeChoice } from './preferences.ts';

export interface ClientOptions {
  /** `http://127.0.0.1:8080`; a bare `host:port`, and ws(s), are understood too. */
  readonly url: string;
  readonly identity?: ClientIdentity | undefined;
  /** `poll` holds for prices too. */
  readonly transport?: ChatTransport | undefined;
  readonly device?: string | undefined;
  /** Where unsent messages wait; in memory when left out, and then leaving loses them. */
  readonly outbox?: OutboxStore | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Every byte of the STOMP connection, tokens and all. */
  readonly onWire?: ((chunk: WireChunk) => void) | undefined;
  readonly clock?: Clock | undefined;
  /** Aborting it ends the client politely: the terminal is restored, and the promise resolves. */
  readonly signal?: AbortSignal | undefined;
  /** Time zone of clocks and days; the machine's when left out. */
  readonly timeZone?: string | undefined;
  /** What is kept from one session to the next; nothing when left out. */
  readonly preferences?: PreferencesStore | undefined;
  /** Draw with ASCII only. */
  readonly ascii?: boolean | undefined;
  readonly connectChat?: ((options: ChatOptions) => ChatSession) | undefined;
  readonly connectMarket?: ((options: MarketOptions) => MarketStream) | undefined;
}

export interface TerminalOptions extends ClientOptions {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr?: NodeJS.WritableStream | undefined;
  /** Stronger than what is kept in the preferences; `auto` when neither says anything. */
  readonly theme?: ThemeChoice | undefined;
  /** Said on the screen when it opens. */
  readonly notes?: readonly string[] | undefined;
  /** Stops the process as Ctrl-Z does in a shell; resolves when it goes on. Left out: Ctrl-Z does nothing. */
  readonly suspend?: (() => Promise<void>) | undefined;
}

export interface PlainOptions extends ClientOptions {
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: NodeJS.WritableStream;
  /** For what is not conversation: states and refusals; `stdout` when left out. */
  readonly stderr?: NodeJS.WritableStream | undefined;
}
