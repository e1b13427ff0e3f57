/**
 * What everybody writes first: a chat over STOMP that stores each message in a transaction of its own and then calls
 * `client.send` of ws for one subscriber after the other. WAL and synchronous FULL as ours. No users, no limits, no
 * resuming, nothing about slow readers; the parser is ours.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type OutgoingFrame, type StompFrame, StompParser, serializeFrame } from '@rtd/protocol';
import { WebSocket, WebSocketServer } from 'ws';

const VERSION = '1.2';

function openTable(file: string, messagesBefore: number) {
  const database = new DatabaseSync(file);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  database.exec('CREATE TABLE message (seq INTEGER PRIMARY KEY, id TEXT UNIQUE, content TEXT, sent_at TEXT) STRICT');
  // As if they had been removed since: what counts here is the size of the next seq.
  if (messagesBefore > 0) database.prepare('INSERT INTO message (seq) VALUES (?)').run(messagesBefore);
  const insert = database.prepare('INSERT INTO message (id, content, sent_at) VALUES (?, ?, ?)');
  return {
    /** Its seq. */
    append(id: string, content: string, timestamp: string): number {
      return Number(insert.run(id, content, timestamp).lastInsertRowid);
    },
    close: () => database.close(),
  };
}

export async function startNaiveChatServer(
  dataDir: string,
  messagesBefore: number,
): Promise<{ port: number; close(): Promise<void> }> {
  const table = openTable(path.join(dataDir, 'messages.db'), messagesBefore);
  const server = createServer();
  const webSockets = new WebSocketServer({ server });
  const subscriptions = new Map<WebSocket, string>();

  function write(webSocket: WebSocket, frame: OutgoingFrame): void {
    webSocket.send(serializeFrame(frame, VERSION), { binary: false });
  }

  function publish(content: string): void {
    const id = randomUUID();
    const timestamp = new Date().toISOString();
    const seq = table.append(id, content, timestamp);
    const body = JSON.stringify({ id, conversationId: 'global', seq, type: 'TEXT', content, timestamp });
    for (const [webSocket, subscription] of subscriptions) {
      if (webSocket.readyState !== WebSocket.OPEN) continue;
      write(webSocket, {
        command: 'MESSAGE',
        headers: [
          ['subscription', subscription],
          ['message-id', id],
          ['destination', '/topic/messages'],
          ['content-type', 'application/json'],
        ],
        body,
      });
    }
  }

  function received(webSocket: WebSocket, { command, headers, body }: StompFrame): void {
    if (command === 'CONNECT') write(webSocket, { command: 'CONNECTED', headers: [['version', VERSION]] });
    else if (command === 'SUBSCRIBE') subscriptions.set(webSocket, headers.get('id') ?? '');
    else if (command === 'SEND') {
      const { content }: { content: string } = JSON.parse(Buffer.from(body).toString());
      publish(content);
    }
    const receipt = headers.get('receipt');
    if (receipt !== undefined) write(webSocket, { command: 'RECEIPT', headers: [['receipt-id', receipt]] });
  }

  webSockets.on('connection', (webSocket) => {
    const parser = new StompParser({ role: 'server', onFrame: (frame) => received(webSocket, frame) });
    webSocket.on('message', (data) => {
      if (data instanceof Uint8Array) parser.push(data);
    });
    webSocket.on('close', () => subscriptions.delete(webSocket));
  });
  server.listen(0, '127.0.0.1', 4_096);
  await once(server, 'listening');
  const address = server.address();
  return {
    port: address !== null && typeof address === 'object' ? address.port : 0,
    async close() {
      for (const webSocket of webSockets.clients) webSocket.terminate();
      server.close();
      table.close();
    },
  };
}
