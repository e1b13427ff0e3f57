/** A proxy that does to STOMP frames on their way from a server what no server may do: it leaves some out, doubles and swaps them. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { type StompFrame, StompParser, serializeFrame } from '@rtd/protocol';
import { WebSocketReader } from '../../src/load/web-socket-reader.ts';

export type Breach = 'drop' | 'double' | 'swap' | undefined;

export interface BreakingRules {
  /** What to do with the `nth` MESSAGE of a connection, from 0; `swap` sends it behind the one that follows. */
  message?(nth: number): Breach;
  /** Whether the RECEIPT of this id is swallowed. */
  swallowsReceipt?(receiptId: string): boolean;
}

export interface BreakingProxy extends AsyncDisposable {
  readonly url: string;
}

export async function breakingProxy(serverUrl: string, rules: BreakingRules): Promise<BreakingProxy> {
  const { hostname, port } = new URL(serverUrl);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        client.destroy();
        upstream.destroy();
      });
    }
    client.pipe(upstream);
    breakFrames(upstream, client, rules);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function breakFrames(from: Socket, to: Socket, rules: BreakingRules): void {
  let nth = 0;
  let held: StompFrame | undefined;
  const send = (frame: StompFrame): void => {
    to.write(textFrame(Buffer.from(serializeFrame(frame, '1.2'))));
  };
  const parser = new StompParser({
    role: 'client',
    onHeartBeat: () => to.write(textFrame(Buffer.from('\n'))),
    onFrame: (frame) => {
      if (frame.command === 'CONNECTED') parser.version = '1.2';
      if (frame.command === 'RECEIPT' && rules.swallowsReceipt?.(frame.headers.get('receipt-id') ?? '') === true)
        return;
      if (frame.command !== 'MESSAGE') {
        send(frame);
        return;
      }
      const breach = rules.message?.(nth);
      nth += 1;
      if (breach === 'drop') return;
      if (breach === 'swap') {
        held = { ...frame, body: Buffer.from(frame.body) };
        return;
      }
      send(frame);
      if (breach === 'double') send(frame);
      if (held !== undefined) send(held);
      held = undefined;
    },
  });
  const reader = new WebSocketReader({
    onPayload: (piece) => parser.push(piece),
    onPing: () => undefined,
    onClose: () => to.destroy(),
  });
  let head: Buffer | undefined = Buffer.alloc(0);
  from.on('data', (bytes: Buffer) => {
    if (head === undefined) {
      reader.push(bytes);
      return;
    }
    head = Buffer.concat([head, bytes]);
    const end = head.indexOf('\r\n\r\n');
    if (end === -1) return;
    to.write(head.subarray(0, end + 4));
    const rest = head.subarray(end + 4);
    head = undefined;
    reader.push(rest);
  });
}

function textFrame(payload: Buffer): Buffer {
  const { length } = payload;
  const head = length < 126 ? [0x81, length] : [0x81, 126, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), payload]);
}
