/** The beginning that every check of STOMP has in common: a WebSocket of its own, and CONNECT. */
import { STOMP_VERSIONS, type StompFrame } from '@rtd/protocol';
import { StompWire } from '../wire/stomp-wire.ts';
import { DOCTOR, type Surroundings } from './surroundings.ts';

export interface Dialogue extends Disposable {
  readonly wire: StompWire;
  readonly connected: StompFrame;
  /** Who the server says that we are. */
  readonly userId: string | undefined;
}

/** The server has answered CONNECT, and not with CONNECTED. */
export class StompRefusal extends Error {
  constructor(frame: StompFrame) {
    const message = frame.headers.get('message');
    const body = Buffer.from(frame.body).toString('utf8').trim();
    super(
      [frame.command, message, body === message ? '' : body]
        .filter((part) => part !== '')
        .join(': ')
        .slice(0, 300),
    );
    this.name = 'StompRefusal';
  }
}

/** `name: value` of the CONNECT that {@link connectStomp} sends, without its secrets. */
export async function connectHeaders(
  surroundings: Pick<Surroundings, 'target' | 'identity' | 'virtualHost' | 'isOurs'> &
    Partial<Pick<Surroundings, 'connectHeaders'>>,
  heartBeat: string,
): Promise<readonly (readonly [string, string])[]> {
  const { target, identity, virtualHost, connectHeaders: typed = [] } = surroundings;
  const headers: [string, string][] = [
    ['accept-version', STOMP_VERSIONS.toReversed().join(',')],
    ['host', virtualHost ?? target.host],
    ['heart-beat', heartBeat],
  ];
  const ours = await surroundings.isOurs();
  if (identity.token !== undefined) headers.push(['Authorization', `Bearer ${identity.token}`]);
  else if (identity.login !== undefined) headers.push(['login', identity.login]);
  else if (ours) headers.push(['login', identity.userId ?? DOCTOR]);
  if (identity.token === undefined && identity.passcode !== undefined) headers.push(['passcode', identity.passcode]);
  // A device of its own: what the person's own devices have not got yet stays theirs.
  if (ours) headers.push(['device', DOCTOR]);
  // What was typed is meant, whatever one would have said oneself.
  return [...headers.filter(([name]) => !typed.some(([each]) => each === name)), ...typed];
}

/** @throws WireError, StompRefusal */
export async function connectStomp(surroundings: Surroundings, heartBeat = '0,0'): Promise<Dialogue> {
  const { target, timeoutMillis, handshake } = surroundings;
  const wire = await StompWire.open(target, timeoutMillis, handshake);
  try {
    wire.send({ command: 'CONNECT', headers: await connectHeaders(surroundings, heartBeat) });
    const connected = await wire.next(timeoutMillis);
    if (connected.command !== 'CONNECTED') throw new StompRefusal(connected);
    wire.version = STOMP_VERSIONS.find((version) => version === connected.headers.get('version')) ?? '1.0';
    return { wire, connected, userId: connected.headers.get('user-name'), [Symbol.dispose]: () => wire.close() };
  } catch (error) {
    wire.close();
    throw error;
  }
}
