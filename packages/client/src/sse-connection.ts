/**
 * One event stream over one `fetch`, from the request to its end. It promises to say once, and truly, how it ended, and
 * to notice a stream that is dead or held back: bytes have to come.
 */
import { RtdError, SseDecoder, type SseEvent } from '@rtd/protocol';
import type { Timer } from './clock.ts';
import { type HttpPeer, kindOf, noConnection, notRtd, refusalOf, requestUrl } from './http-request.ts';
import type { WireChunk } from './link-state.ts';

export type SseEnding =
  /** Nobody there, no permission, or no event stream: the error says it. */
  | { readonly kind: 'refused'; readonly error: RtdError }
  /** Not one event within 10 s: something between may be collecting the stream. */
  | { readonly kind: 'held-back' }
  | { readonly kind: 'lost'; readonly why: string };

export interface SseConnectionOptions {
  readonly peer: HttpPeer;
  readonly path: string;
  readonly query: Readonly<Record<string, string | number | undefined>>;
  /** Resume behind it. */
  readonly lastEventId: string | undefined;
  readonly onWire?: ((chunk: WireChunk) => void) | undefined;
  onEvent(event: SseEvent): void;
  onRetry?(millis: number): void;
  /** Called once, never after `close`. */
  onEnded(ending: SseEnding): void;
}

export interface SseConnection {
  /** At once. `onEnded` is not called. */
  close(): void;
}

const FIRST_EVENT_MILLIS = 10_000;
/** Two comment intervals of the server (contract, section 4). */
const SILENCE_MILLIS = 30_000;
const LARGEST_EVENT = 16 * 1_048_576;

/** Opens it; nothing is called back before this function has returned. */
export function openSseConnection(options: SseConnectionOptions): SseConnection {
  const { clock, baseUrl } = options.peer;
  const abort = new AbortController();
  let quiet: Timer | undefined;
  let events = 0;

  const close = (): void => {
    quiet?.cancel();
    abort.abort(new Error('the stream was closed'));
  };
  const end = (ending: SseEnding): void => {
    if (abort.signal.aborted) return;
    close();
    options.onEnded(ending);
  };
  const watch = (millis: number, ending: SseEnding): void => {
    quiet?.cancel();
    quiet = clock.after(millis, () => end(ending));
  };

  const read = async (): Promise<void> => {
    watch(FIRST_EVENT_MILLIS, { kind: 'held-back' });
    const body = await requestStream(options, abort.signal);
    const decoder = new SseDecoder({
      maxEventBytes: LARGEST_EVENT,
      lastEventId: options.lastEventId,
      onEvent: (event) => {
        events += 1;
        if (!abort.signal.aborted) options.onEvent(event);
      },
      onRetry: (millis) => options.onRetry?.(millis),
    });
    const reader = body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (abort.signal.aborted) return;
      if (done) break;
      options.onWire?.({ direction: 'in', bytes: value, at: clock.now() });
      decoder.push(value);
      // Before the first event comments do not count: a stream of nothing but them is of no use.
      if (events > 0) watch(SILENCE_MILLIS, { kind: 'lost', why: `${baseUrl} has gone silent.` });
    }
    end({ kind: 'lost', why: `${baseUrl} has ended the stream of prices.` });
  };

  read().catch((thrown: unknown) => {
    if (thrown instanceof RtdError) end({ kind: 'refused', error: thrown });
    else if (events > 0) end({ kind: 'lost', why: `The stream of prices from ${baseUrl} was cut.` });
    else end({ kind: 'refused', error: noConnection(baseUrl, thrown) });
  });
  return { close };
}

/** The body of the answer. @throws RtdError where it is no event stream; whatever `fetch` throws. */
async function requestStream(options: SseConnectionOptions, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
  const { peer, path, query, lastEventId } = options;
  const response = await peer.fetch(requestUrl(peer.baseUrl, { path, query }), {
    headers: {
      accept: 'text/event-stream',
      ...(await peer.credentials.httpHeaders()),
      ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
    },
    cache: 'no-store',
    signal,
  });
  if (!response.ok) {
    throw refusalOf(peer.baseUrl, { status: response.status, text: await response.text(), response });
  }
  const type = response.headers.get('content-type') ?? '';
  if (response.body !== null && type.startsWith('text/event-stream')) return response.body;
  await response.body?.cancel();
  throw notRtd(peer.baseUrl, `it answered ${path}${kindOf({ status: response.status, text: '', response })}`);
}
