/** Moments that two processes of one machine can compare: the monotonic clock, in microseconds, as 16 digits. */

export const STAMP_DIGITS = 16;

export function now(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}

export function stamp(): string {
  return String(now()).padStart(STAMP_DIGITS, '0');
}

/** Microseconds; reads the digits at `offset`. */
export function readStamp(bytes: Uint8Array, offset: number): number {
  let micros = 0;
  for (let at = offset; at < offset + STAMP_DIGITS; at += 1) micros = micros * 10 + (bytes[at] ?? 0) - 0x30;
  return micros;
}
