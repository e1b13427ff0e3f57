/**
 * The bytes of MESSAGE. A body is made once an entry, whatever the number of subscribers and groups; a frame once a group.
 */
import { type OutgoingFrame, type StompVersion, serializeFrame } from '@rtd/protocol';

/** What a topic's entries look like as MESSAGE. */
export interface MessageFormat<Entry> {
  /** `message-id`: the same for an entry each time. */
  idOf(entry: Entry): string;
  /** JSON. */
  bodyOf(entry: Entry): Uint8Array;
  /** The sender's own headers, where the destination echoes them. */
  echoOf?(entry: Entry): ReadonlyMap<string, string> | undefined;
}

/** What the MESSAGE frames of one subscription have in common. */
export interface MessageShape {
  readonly version: StompVersion;
  /** Undefined only in 1.0, where a subscription needs no id. */
  readonly subscription: string | undefined;
  readonly destination: string;
  /** True in the client modes: 1.2 has an `ack` header then (stomp-rules 45). */
  readonly acked: boolean;
}

/** Subscriptions with equal shapes get equal bytes. */
export function shapeKey(shape: MessageShape): string {
  const { version, subscription, destination, acked } = shape;
  return JSON.stringify([version, acked && version === '1.2', subscription, destination]);
}

/** One MESSAGE frame. The server's own headers come first, so an echoed one of the same name never counts (stomp-rules 30). */
export function encodeMessage<Entry>(shape: MessageShape, format: MessageFormat<Entry>, entry: Entry): Uint8Array {
  const id = format.idOf(entry);
  const headers: [string, string][] = [];
  if (shape.subscription !== undefined) headers.push(['subscription', shape.subscription]);
  headers.push(['message-id', id], ['destination', shape.destination], ['content-type', 'application/json']);
  if (shape.acked && shape.version === '1.2') headers.push(['ack', id]);
  const echoed = format.echoOf?.(entry);
  if (echoed !== undefined) headers.push(...echoed);
  const frame: OutgoingFrame = { command: 'MESSAGE', headers, body: format.bodyOf(entry) };
  return serializeFrame(frame, shape.version);
}

/** Keeps what was made of an entry for as long as the entry itself is kept. */
export function oncePerEntry<Entry extends object, Made>(make: (entry: Entry) => Made): (entry: Entry) => Made {
  const made = new WeakMap<Entry, { readonly value: Made }>();
  return (entry) => {
    let kept = made.get(entry);
    if (kept === undefined) {
      kept = { value: make(entry) };
      made.set(entry, kept);
    }
    return kept.value;
  };
}
