/** Server-sent events as text (HTML standard, "Server-sent events"): what an EventSource reads back is what went in. */

export interface OutgoingSseEvent {
  /** The event's type; `message` where it is left out. */
  readonly event?: string | undefined;
  /** What a client resumes with (`Last-Event-ID`). */
  readonly id?: string | undefined;
  /** Any text. CRLF and CR come out as LF at the other end: the format knows lines, not their ends. */
  readonly data: string;
  /** How long a client waits before it connects again, in milliseconds. */
  readonly retry?: number | undefined;
}

/**
 * One event with the blank line that ends it.
 * @throws TypeError for what the format cannot carry: a line break in `event` or `id`, a NUL in `id`, a `retry` that is no count.
 */
export function encodeSseEvent(event: OutgoingSseEvent): string {
  let text = '';
  if (event.event !== undefined) {
    if (/[\r\n]/.test(event.event)) throw new TypeError('An SSE event type cannot hold a line break.');
    text += `event: ${event.event}\n`;
  }
  if (event.id !== undefined) {
    if (/[\r\n\0]/.test(event.id)) throw new TypeError('An SSE id cannot hold a line break or NUL.');
    text += `id: ${event.id}\n`;
  }
  if (event.retry !== undefined) text += encodeSseRetry(event.retry);
  return `${text}${prefixLines('data: ', event.data)}\n`;
}

/** The reconnection time alone, without an event. @throws TypeError unless it is a whole number of milliseconds. */
export function encodeSseRetry(millis: number): string {
  if (!Number.isSafeInteger(millis) || millis < 0) throw new TypeError('An SSE retry must be whole milliseconds.');
  return `retry: ${millis}\n`;
}

/** A comment: it keeps a connection alive and nobody is told of it. */
export function encodeSseComment(text: string): string {
  return `${prefixLines(': ', text)}\n`;
}

function prefixLines(prefix: string, text: string): string {
  if (!/[\r\n]/.test(text)) return `${prefix}${text}\n`;
  return text
    .split(/\r\n|\r|\n/)
    .map((line) => `${prefix}${line}\n`)
    .join('');
}
