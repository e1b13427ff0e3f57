/**
 * The clients of a benchmark, in a process of their own so that they have a core of their own. Raw sockets that read and
 * count; they parse nothing, so that one core of theirs keeps up with one core of the server.
 */
import { connect, type Socket } from 'node:net';
import { type Latencies, summary } from './latencies.ts';
import { answerQuestions } from './part-process.ts';
import type { SinkQuestion, StampedFrames } from './sink.ts';
import { now, readStamp, STAMP_DIGITS } from './stamp.ts';

/** One for all: a read is over before the next one begins. */
const READ_BUFFER = Buffer.allocUnsafe(262_144);
/** Connections that are being opened at a time. */
const OPENING = 64;

interface Client {
  /** Octets since the last `count`. */
  received: number;
  /** While it is being opened: takes what comes. */
  opening: ((text: string) => void) | undefined;
}

const clients = new Map<Client, Socket>();
let total = 0;
let awaited: { readonly amount: number; reached(): void } | undefined;
let marker: number | undefined;
let stamped: StampedFrames | undefined;
let latencies: number[] = [];

function received(client: Client, length: number, bytes: Uint8Array): void {
  if (client.opening !== undefined) {
    client.opening(Buffer.from(bytes.subarray(0, length)).toString('latin1'));
    return;
  }
  if (stamped !== undefined) readStamps(client.received, length, bytes, stamped);
  client.received += length;
  total += marker === undefined ? length : occurrences(marker, bytes.subarray(0, length));
  if (awaited !== undefined && total >= awaited.amount) awaited.reached();
}

function occurrences(octet: number, bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(octet); at !== -1; at = bytes.indexOf(octet, at + 1)) count += 1;
  return count;
}

/** A stamp that was cut by the end of a read is left out: there are very few. */
function readStamps(before: number, length: number, bytes: Uint8Array, { frameBytes, stampAt }: StampedFrames): void {
  const at = now();
  let frame = -(before % frameBytes);
  for (; frame + stampAt + STAMP_DIGITS <= length; frame += frameBytes) {
    if (frame + stampAt >= 0) latencies.push((at - readStamp(bytes, frame + stampAt)) / 1_000);
  }
}

type Connect = Extract<SinkQuestion, { ask: 'connect' }>;

/** Sends one step after the other, each when what the one before waits for has come. */
function open({ port, steps }: Connect): Promise<void> {
  return new Promise((resolve, reject) => {
    const client: Client = { received: 0, opening: undefined };
    const socket = connect({
      host: '127.0.0.1',
      port,
      onread: {
        buffer: READ_BUFFER,
        callback: (length: number, buffer: Uint8Array) => {
          received(client, length, buffer);
          return true;
        },
      },
    });
    let heard = '';
    let step = 0;
    const sendStep = (): void => {
      heard = '';
      socket.write(Buffer.from(steps[step]?.send ?? '', 'base64'));
    };
    client.opening = (text) => {
      heard += text;
      if (!heard.includes(steps[step]?.until ?? '')) return;
      step += 1;
      if (step < steps.length) {
        sendStep();
        return;
      }
      client.opening = undefined;
      resolve();
    };
    socket.once('error', reject);
    socket.once('close', () => {
      clients.delete(client);
      reject(new Error(`the server closed a connection: ${heard}`));
    });
    clients.set(client, socket);
    sendStep();
  });
}

async function openAll(question: Connect): Promise<void> {
  let left = question.count;
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await open(question);
    }
  };
  await Promise.all(Array.from({ length: Math.min(OPENING, question.count) }, lane));
}

async function answer(question: SinkQuestion): Promise<Latencies> {
  switch (question.ask) {
    case 'connect':
      await openAll(question);
      break;
    case 'count':
      total = 0;
      latencies = [];
      stamped = question.stamped;
      marker = question.marker;
      for (const client of clients.keys()) client.received = 0;
      break;
    case 'await':
      if (total >= question.amount) break;
      await new Promise<void>((reached) => {
        awaited = { amount: question.amount, reached };
      });
      awaited = undefined;
      break;
    case 'stop-reading':
      for (const socket of [...clients.values()].slice(-question.count)) socket.pause();
      break;
  }
  return summary(latencies);
}

answerQuestions(answer, async () => {
  for (const socket of clients.values()) socket.destroy();
});
