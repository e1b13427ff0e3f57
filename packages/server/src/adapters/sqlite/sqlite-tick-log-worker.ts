/** The thread that owns the tick log's file: takes one request after the other, and answers each. */
import { parentPort, workerData } from 'node:worker_threads';
import { TickLogFile } from './sqlite-tick-log-file.ts';
import type { FileFailure, WorkerAnswer, WorkerRequest, WorkerSettings } from './sqlite-tick-log-messages.ts';

const settings: WorkerSettings = workerData;
let file: TickLogFile | undefined;

function answer(request: WorkerRequest): WorkerAnswer {
  if (request.kind === 'open') {
    file = new TickLogFile(settings);
    return { kind: 'done' };
  }
  if (file === undefined) throw new Error('the file is not open');
  switch (request.kind) {
    case 'append':
      return { kind: 'appended', offsets: file.append(request.batches, request.now) };
    case 'bounds':
      return { kind: 'bounds', bounds: file.bounds() };
    case 'check':
      file.check();
      return { kind: 'done' };
    case 'read':
      return { kind: 'read', read: file.read(request.partition, request.offset, request.limit) };
    case 'retain':
      return { kind: 'retained', ...file.retain(request.now) };
    case 'close':
      file.close();
      file = undefined;
      return { kind: 'done' };
  }
}

function failureOf(error: unknown): FileFailure {
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) : 0;
  return { code, message: error instanceof Error ? error.message : String(error) };
}

parentPort?.on('message', (request: WorkerRequest) => {
  let reply: WorkerAnswer;
  try {
    reply = answer(request);
  } catch (error) {
    reply = { kind: 'failed', failure: failureOf(error) };
  }
  parentPort?.postMessage(reply);
  if (request.kind === 'close') parentPort?.close();
});
