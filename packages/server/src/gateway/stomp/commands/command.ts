/** What a command is: one verb of a client, and when it is legal. */
import type { StompFrame } from '@rtd/protocol';
import type { ConnectedClient } from '../connected-client.ts';
import { StompBreach } from '../stomp-breach.ts';
import type { StompSession } from '../stomp-session.ts';

export type Command =
  | { readonly in: 'connecting'; run(session: StompSession, frame: StompFrame): void | Promise<void> }
  | {
      readonly in: 'connected';
      /** True where a frame that came before the transport was lost is still done (stomp-rules 53). */
      readonly survivesClient: boolean;
      run(client: ConnectedClient, frame: StompFrame): void | Promise<void>;
    };

/** @throws StompBreach when the header is missing. */
export function requiredHeader(frame: StompFrame, name: string): string {
  const value = frame.headers.get(name);
  if (value === undefined) throw new StompBreach(`${frame.command} needs the header ${name}.`);
  return value;
}
