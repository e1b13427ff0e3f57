/** CONNECT, or STOMP: which version, who it is, how often to beat (stomp-rules 2 to 13). */
import {
  chooseVersion,
  DEFAULT_DEVICE,
  DeviceId,
  formatHeartBeat,
  type HeartBeat,
  negotiateHeartBeat,
  parseHeartBeat,
  parseOrRefuse,
  STOMP_VERSIONS,
  type StompFrame,
} from '@rtd/protocol';
import type { Credentials } from '../../../auth/identity.ts';
import { ConnectedClient } from '../connected-client.ts';
import { StompBreach } from '../stomp-breach.ts';
import type { StompSession, UpgradeCredentials } from '../stomp-session.ts';

/** What the server can do and would like (contract, section 2). */
const OFFER: HeartBeat = { outgoing: 10_000, incoming: 10_000 };

export function connect(session: StompSession, frame: StompFrame): Promise<void> {
  const { services, parser } = session;
  const { headers } = frame;
  const version = chooseVersion(headers.get('accept-version'));
  if (version === undefined) {
    throw new StompBreach(`Supported protocol versions are ${STOMP_VERSIONS.join(', ')}.`, {
      headers: [['version', STOMP_VERSIONS.join(',')]],
    });
  }
  // At once: what the client sends without waiting for CONNECTED is written in this version.
  parser.version = version;
  const heartBeat = negotiateHeartBeat(OFFER, parseHeartBeat(headers.get('heart-beat')));
  const deviceHeader = headers.get('device');
  const device = deviceHeader === undefined ? DEFAULT_DEVICE : parseOrRefuse(DeviceId, deviceHeader, 'device');
  const credentials = credentialsOf(frame, session.upgradeCredentials);
  return services.authenticator.authenticate(credentials).then((proven) => {
    if (!session.isLive) return;
    const identity = { ...proven, device };
    const client = new ConnectedClient(session, {
      version,
      heartBeat,
      identity,
      presence: services.presence.begin(identity),
    });
    session.connected(client);
    session.writeFrame('CONNECTED', [
      ['version', version],
      ['session', services.randomId()],
      ['server', `RTD (${services.serverId})`],
      ['heart-beat', formatHeartBeat(OFFER)],
      ['user-name', identity.userId],
    ]);
  });
}

/** What CONNECT says; where it says nothing, what the upgrade request did. */
function credentialsOf({ headers }: StompFrame, upgrade: UpgradeCredentials | undefined): Credentials {
  const said: Credentials = {
    authorization: headers.get('Authorization'),
    userId: headers.get('X-User-Id'),
    login: headers.get('login'),
  };
  const silent = said.authorization === undefined && said.userId === undefined && said.login === undefined;
  return silent && upgrade !== undefined ? { ...upgrade, login: undefined } : said;
}
