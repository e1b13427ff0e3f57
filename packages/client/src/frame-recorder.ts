/**
 * Frames of one direction of a WebSocket, taken from its bytes as they pass, cut anywhere. It keeps a head, and of a payload
 * no more than its start, so that it costs next to nothing whatever the size; it refuses nothing: what is there is told.
 */
import { LONGEST_WEB_SOCKET_HEAD, readWebSocketHead, unmasked, type WebSocketHead } from '@rtd/protocol';

/** A frame as it was on the wire. */
export interface RecordedFrame extends WebSocketHead {
  /** The octets of the head. */
  readonly head: Uint8Array;
  /** The start of the payload, unmasked; `payloadLength` says how long it was. */
  readonly payload: Uint8Array;
}

/** Kept of one payload. */
export const KEPT_PAYLOAD_BYTES = 16_384;

interface Begun extends WebSocketHead {
  readonly octets: Uint8Array;
  readonly payload: Uint8Array;
  kept: number;
  left: number;
}

export class FrameRecorder {
  readonly #onFrame: (frame: RecordedFrame) => void;
  readonly #head = new Uint8Array(LONGEST_WEB_SOCKET_HEAD);
  #headLength = 0;
  #frame: Begun | undefined;

  /** `onFrame`: once a frame has passed as a whole. */
  constructor(onFrame: (frame: RecordedFrame) => void) {
    this.#onFrame = onFrame;
  }

  /** The bytes are not kept. */
  push(bytes: Uint8Array): void {
    let offset = 0;
    while (offset < bytes.length) {
      offset =
        this.#frame === undefined ? this.#takeHead(bytes, offset) : this.#takePayload(this.#frame, bytes, offset);
    }
  }

  #takeHead(bytes: Uint8Array, start: number): number {
    // The usual case: the whole head is here.
    const whole = this.#headLength === 0 ? readWebSocketHead(bytes, start) : undefined;
    if (whole !== undefined) {
      this.#begin(whole, bytes.subarray(start, start + whole.headLength));
      return start + whole.headLength;
    }
    let offset = start;
    while (offset < bytes.length) {
      this.#head[this.#headLength] = bytes[offset] ?? 0;
      this.#headLength += 1;
      offset += 1;
      const octets = this.#head.subarray(0, this.#headLength);
      const head = readWebSocketHead(octets);
      if (head === undefined) continue;
      this.#headLength = 0;
      this.#begin(head, octets);
      break;
    }
    return offset;
  }

  #begin(head: WebSocketHead, octets: Uint8Array): void {
    const { payloadLength } = head;
    const payload = new Uint8Array(Math.min(payloadLength, KEPT_PAYLOAD_BYTES));
    this.#frame = { ...head, octets: new Uint8Array(octets), payload, kept: 0, left: payloadLength };
    if (payloadLength === 0) this.#end(this.#frame);
  }

  #takePayload(frame: Begun, bytes: Uint8Array, start: number): number {
    const end = Math.min(bytes.length, start + frame.left);
    const kept = bytes.subarray(start, Math.min(end, start + frame.payload.length - frame.kept));
    frame.payload.set(kept, frame.kept);
    frame.kept += kept.length;
    frame.left -= end - start;
    if (frame.left === 0) this.#end(frame);
    return end;
  }

  #end({ octets, payload, kept: _kept, left: _left, ...head }: Begun): void {
    const { maskingKey } = head;
    this.#frame = undefined;
    this.#onFrame({
      ...head,
      head: octets,
      payload: maskingKey === undefined ? payload : unmasked(payload, maskingKey),
    });
  }
}
