/** Which verb is legal when, and what does it. */
import { ack, nack } from './ack.ts';
import type { Command } from './command.ts';
import { connect } from './connect.ts';
import { disconnect } from './disconnect.ts';
import { send } from './send.ts';
import { subscribe } from './subscribe.ts';
import { abort, begin, commit } from './transaction.ts';
import { unsubscribe } from './unsubscribe.ts';

export const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['CONNECT', { in: 'connecting', run: connect }],
  ['STOMP', { in: 'connecting', run: connect }],
  ['SEND', { in: 'connected', survivesClient: true, run: send }],
  ['SUBSCRIBE', { in: 'connected', survivesClient: false, run: subscribe }],
  ['UNSUBSCRIBE', { in: 'connected', survivesClient: false, run: unsubscribe }],
  ['ACK', { in: 'connected', survivesClient: false, run: ack }],
  ['NACK', { in: 'connected', survivesClient: false, run: nack }],
  ['BEGIN', { in: 'connected', survivesClient: true, run: begin }],
  ['COMMIT', { in: 'connected', survivesClient: true, run: commit }],
  ['ABORT', { in: 'connected', survivesClient: true, run: abort }],
  ['DISCONNECT', { in: 'connected', survivesClient: true, run: disconnect }],
]);
