/** What the clients of a sink send to become subscribers of the chat, and what each step waits for. */
import { serializeFrame } from '@rtd/protocol';

export const UPGRADE = [
  'GET /ws HTTP/1.1',
  'Host: localhost',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  '\r\n',
].join('\r\n');

/** The octets of the head of a WebSocket frame from a server whose payload has 126 to 65,535. */
export const WEBSOCKET_HEAD = 4;

/** A text frame as a client sends it, masked with zeros. */
function maskedFrame(command: string, headers: readonly [string, string][]): Uint8Array {
  const payload = serializeFrame({ command, headers }, '1.2');
  return Buffer.concat([Uint8Array.of(0x81, 0x80 | payload.length, 0, 0, 0, 0), payload]);
}

const CONNECT = maskedFrame('CONNECT', [
  ['accept-version', '1.2'],
  ['host', 'localhost'],
  ['heart-beat', '0,0'],
]);
const SUBSCRIBE = maskedFrame('SUBSCRIBE', [
  ['id', 'sub-0'],
  ['destination', '/topic/messages'],
  ['receipt', '1'],
]);

/** To a WebSocket. */
export const TO_WEBSOCKET = [{ send: UPGRADE, until: '\r\n\r\n' }];
/** To a STOMP session of a guest. */
export const TO_SESSION = [...TO_WEBSOCKET, { send: CONNECT, until: 'CONNECTED' }];
/** To a subscription of the chat. */
export const TO_SUBSCRIPTION = [...TO_SESSION, { send: SUBSCRIBE, until: 'RECEIPT' }];
