/** The way from an HTTP upgrade to a STOMP session over WebSocket. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Limits } from '@rtd/protocol';
import { type ServerOptions, WebSocketServer } from 'ws';
import type { Clock } from '../../clock.ts';
import { SocketWriter } from '../../fan-out/socket-outlet.ts';
import type { Log } from '../../telemetry/log.ts';
import type { AddressOf } from '../http/client-address.ts';
import type { StompGateway } from '../stomp/stomp-gateway.ts';
import type { StompTransport, StompTransportEvents } from '../stomp/stomp-transport.ts';
import { TransportWebSocket, WebSocketTransport } from './websocket-transport.ts';

/** Best first (stomp-rules 1). */
const SUBPROTOCOLS = ['v12.stomp', 'v11.stomp', 'v10.stomp'];
/** How long a peer may take to answer a close frame when the server stops. */
const CLOSE_GRACE_MILLIS = 1_000;
const LONGEST_CLOSE_MILLIS = 60_000;
const GOING_AWAY = 1_001;
/** How many frames of the largest size a WebSocket message may hold: clients put many small ones into one (stomp-rules 21). */
const FULL_FRAMES_A_MESSAGE = 4;

/** Begins a session on a transport. */
export type AcceptTransport = (transport: StompTransport, headers: IncomingHttpHeaders) => StompTransportEvents;

export interface WebSocketUpgradeOptions {
  readonly gateway: StompGateway;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Log;
  /** Whose request it is; default: the socket's peer's. */
  readonly addressOf?: AddressOf | undefined;
}

export interface WebSocketUpgrade {
  /** Path, Origin and Host are the caller's to check. `accept` takes the place of the gateway's own. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, accept?: AcceptTransport): void;
  /** Open WebSockets. */
  readonly connections: number;
  /** Closes what is still open, cuts what does not answer within a second, and refuses all others. */
  close(): Promise<void>;
}

export function createWebSocketUpgrade(options: WebSocketUpgradeOptions): WebSocketUpgrade {
  const { gateway, limits, clock, log, addressOf } = options;
  const writer = new SocketWriter({ clock, stallMillis: limits.SEND_SECONDS * 1_000 });
  const open = new Set<TransportWebSocket>();
  const serverOptions: ServerOptions<typeof TransportWebSocket> & { closeTimeout: number } = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    autoPong: false,
    // The STOMP parser says what is wrong with the bytes, in an ERROR frame that the client can read.
    skipUTF8Validation: true,
    maxPayload: limits.FRAME_BYTES === Number.POSITIVE_INFINITY ? 0 : limits.FRAME_BYTES * FULL_FRAMES_A_MESSAGE,
    handleProtocols: (offered) => SUBPROTOCOLS.find((name) => offered.has(name)) ?? false,
    // What was queued before the close frame, an ERROR with a resume point above all, has the time of any other write.
    closeTimeout: Math.min(limits.SEND_SECONDS * 1_000, LONGEST_CLOSE_MILLIS),
    WebSocket: TransportWebSocket,
  };
  const server = new WebSocketServer(serverOptions);
  let closed = false;

  function begin(webSocket: TransportWebSocket, socket: Socket, request: IncomingMessage, accept: AcceptTransport) {
    open.add(webSocket);
    webSocket.once('close', forget);
    const transport = new WebSocketTransport(webSocket, socket, writer, limits.PRECONNECT_BYTES, addressOf?.(request));
    transport.attach(accept(transport, request.headers));
  }

  function forget(this: unknown): void {
    if (this instanceof TransportWebSocket) open.delete(this);
  }

  const acceptDirect: AcceptTransport = (transport, headers) => gateway.accept(transport, { headers });

  return {
    get connections() {
      return open.size;
    },
    handleUpgrade(request, socket, head, accept = acceptDirect) {
      if (closed || !(socket instanceof Socket)) {
        socket.destroy();
        return;
      }
      server.handleUpgrade(request, socket, head, (webSocket) => {
        begin(webSocket, socket, request, accept);
      });
    },
    async close() {
      closed = true;
      if (open.size > 0) log.debug({ connections: open.size }, 'closing the WebSockets that are still open');
      const ended = [...open].map((webSocket) => new Promise((resolve) => webSocket.once('close', resolve)));
      for (const webSocket of open) webSocket.close(GOING_AWAY);
      const grace = clock.after(CLOSE_GRACE_MILLIS, () => {
        for (const webSocket of open) webSocket.terminate();
      });
      await Promise.all(ended);
      grace.cancel();
      writer.close();
    },
  };
}
