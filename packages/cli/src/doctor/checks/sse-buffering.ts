/**
 * Whether events come when they happen. Our streams say something at once, and then at the latest every 15 s; a proxy that
 * buffers keeps it until it has enough: then nothing comes although the stream is open, or only whole blocks come.
 */
import { headerOf, readHead, requestHead } from '../../wire/http-head.ts';
import { RawSocket } from '../../wire/raw-socket.ts';
import { WireError } from '../../wire/wire-error.ts';
import { type Check, fail, pass, skip, warn } from '../check.ts';
import { streamPathOf } from '../stream-path.ts';
import { wireFailure } from './wire-failure.ts';

/** The smallest buffer of usual proxies: what is less came through because nobody waited for more. */
const BUFFER_BYTES = 4_096;
const SETTLE_MILLIS = 300;
/** Past the keep-alive comment of ours. */
const NEXT_MILLIS = 17_000;
const SLOW_MILLIS = 1_500;
const FIX =
  'proxy_buffering off; proxy_cache off; gzip off;   # nginx, in the location of the stream\nheader X-Accel-Buffering: no   # from servers that do not send it';

export const sseBuffering: Check = {
  id: 'sse-buffering',
  stretch: 'stream',
  title: 'events as they happen',
  needs: ['sse'],
  http: true,
  slow: true,
  run: async (surroundings) => {
    const path = await streamPathOf(surroundings);
    if (path === undefined) return skip('Only RTD servers have /stream; for another, name it with --stream.');
    const { target, timeoutMillis, httpIdentity } = surroundings;
    const asked = `GET ${target.url}${path}, and the first byte of its body`;
    const begun = performance.now();
    try {
      using socket = await RawSocket.connect(target, { timeoutMillis });
      socket.write(
        requestHead('GET', `${target.prefix}${path}`, [
          ['Host', target.authority],
          ['Accept', 'text/event-stream'],
          ...Object.entries(httpIdentity),
        ]),
      );
      const head = await readHead(socket, timeoutMillis);
      const headMillis = performance.now() - begun;
      if (head.status !== 200)
        return fail({ asked, answered: head.statusLine }, 'The stream is refused.', `curl -N ${target.url}${path}`);
      if (headerOf(head.headers, 'content-length') !== undefined) {
        return fail(
          { asked, answered: 'an answer with a Content-Length' },
          'Something has read the stream to an end before passing it on.',
          FIX,
        );
      }
      const first = await firstBytes(socket, timeoutMillis);
      if (first === undefined) {
        const answered = `headers after ${headMillis.toFixed(0)} ms, then nothing for ${timeoutMillis / 1_000} s`;
        if (!(await surroundings.isOurs()))
          return warn(
            { asked, answered },
            'The stream is open, and nothing comes: a proxy buffers it, or there is nothing to be told. Publish something while this waits (--timeout 60).',
            `curl -N ${target.url}${path}   # and publish something meanwhile`,
          );
        return fail({ asked, answered }, 'The stream is open and its events do not come: a proxy buffers them.', FIX);
      }
      const millis = performance.now() - begun;
      const size = first.length + (await rest(socket, SETTLE_MILLIS));
      const answered = `first byte after ${millis.toFixed(0)} ms, ${size} bytes at once`;
      if (size < BUFFER_BYTES) {
        return millis > SLOW_MILLIS
          ? warn({ asked, answered }, 'The first event took long: something holds events back for a while.', FIX)
          : pass(
              { asked, answered },
              'Events come when they happen: so few bytes would still be in the buffer of a proxy.',
            );
      }
      // So much fills a buffer by itself: only what comes next tells.
      const next = await firstBytes(socket, NEXT_MILLIS);
      const more = `${answered}, ${next === undefined ? `then nothing for ${NEXT_MILLIS / 1_000} s` : `more ${((performance.now() - begun - millis) / 1_000).toFixed(1)} s later`}`;
      if (next === undefined)
        return fail(
          { asked, answered: more },
          'After the first block nothing comes, not even the comment that keeps the stream alive: a proxy buffers it.',
          FIX,
        );
      return pass({ asked, answered: more }, 'Events come when they happen.');
    } catch (error) {
      return wireFailure(error, asked, {
        silent:
          'A request that ends is answered, and the stream is not: a proxy waits for its end before it passes on anything.',
        closed: 'The stream is cut at once.',
        otherwise: 'It could not be asked.',
        fix: FIX,
      });
    }
  },
};

/** Undefined when none came in time. @throws WireError */
async function firstBytes(socket: RawSocket, timeoutMillis: number): Promise<Buffer | undefined> {
  try {
    const bytes = await socket.read(timeoutMillis);
    if (bytes === undefined) throw new WireError('closed', 'the stream ended');
    return bytes;
  } catch (error) {
    if (error instanceof WireError && error.reason === 'silent') return undefined;
    throw error;
  }
}

async function rest(socket: RawSocket, millis: number): Promise<number> {
  const deadline = performance.now() + millis;
  let size = 0;
  for (let left = millis; left > 0; left = deadline - performance.now()) {
    const bytes = await firstBytes(socket, left);
    if (bytes === undefined) break;
    size += bytes.length;
  }
  return size;
}
