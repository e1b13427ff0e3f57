/** One question over TCP to a port of this machine, and whether the answer is the right one. */
import { connect } from 'node:net';

const LIMIT_MILLIS = 1_000;

/** Sends `question` (nothing, where the other side speaks first) and judges the first bytes that come. Never rejects. */
export function askPort(port: number, question: Uint8Array, isRight: (answer: Buffer) => boolean): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const end = (verdict: boolean): void => {
      socket.destroy();
      resolve(verdict);
    };
    socket.setTimeout(LIMIT_MILLIS, () => end(false));
    socket.once('connect', () => {
      if (question.length > 0) socket.write(question);
    });
    socket.once('data', (answer) => end(isRight(answer)));
    socket.once('error', () => end(false));
    socket.once('close', () => end(false));
  });
}
