/** What a STOMP frame is, before anybody asks what it means. */

export type StompVersion = '1.0' | '1.1' | '1.2';

/** The versions that both sides speak, the best first (stomp-rules 1 and 4). */
export const STOMP_VERSIONS: readonly StompVersion[] = ['1.2', '1.1', '1.0'];

export const CLIENT_COMMANDS = [
  'CONNECT',
  'STOMP',
  'SEND',
  'SUBSCRIBE',
  'UNSUBSCRIBE',
  'ACK',
  'NACK',
  'BEGIN',
  'COMMIT',
  'ABORT',
  'DISCONNECT',
] as const;
export type ClientCommand = (typeof CLIENT_COMMANDS)[number];

export const SERVER_COMMANDS = ['CONNECTED', 'MESSAGE', 'RECEIPT', 'ERROR'] as const;
export type ServerCommand = (typeof SERVER_COMMANDS)[number];

/** Header names and unescaped values; where a header was repeated, the first one (stomp-rules 30). */
export type StompHeaders = ReadonlyMap<string, string>;

export interface StompFrame {
  readonly command: string;
  readonly headers: StompHeaders;
  /** Empty where there is none. A view on memory that may be reused: copy it to keep it past the callback. */
  readonly body: Uint8Array;
}
