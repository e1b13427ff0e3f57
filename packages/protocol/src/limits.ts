/**
 * Every limit of the server and its default (contract, sections 6 and 9). Each is set by `RTD_LIMIT_<NAME>`; 0 means none
 * and is kept here as Infinity, so that code compares and never asks.
 */
export const DEFAULT_LIMITS = {
  FRAME_BYTES: 131_072,
  PRECONNECT_BYTES: 8_192,
  HEADERS: 64,
  HEADER_BYTES: 4_096,
  SUBSCRIPTIONS: 128,
  SUBSCRIPTION_IDS: 1_024,
  TRANSACTIONS: 16,
  TRANSACTION_BYTES: 1_048_576,
  SEND_BUFFER_BYTES: 524_288,
  SEND_SECONDS: 20,
  CONNECT_SECONDS: 10,
  MESSAGES_PER_SECOND: 20,
  MESSAGE_BURST: 40,
  SSE_PER_USER: 6,
  SSE_TOTAL: 10_000,
} as const satisfies Record<string, number>;

export type LimitName = keyof typeof DEFAULT_LIMITS;
export const LIMIT_NAMES: readonly LimitName[] = Object.keys(DEFAULT_LIMITS).filter(isLimitName);
export type Limits = Readonly<Record<LimitName, number>>;

/** The defaults with `overrides` laid over them; an override of 0 lifts that limit. */
export function limitsWith(overrides: Partial<Record<LimitName, number>> = {}): Limits {
  const limits: Record<LimitName, number> = { ...DEFAULT_LIMITS };
  for (const name of LIMIT_NAMES) {
    const value = overrides[name];
    if (value !== undefined) limits[name] = value === 0 ? Number.POSITIVE_INFINITY : value;
  }
  return limits;
}

function isLimitName(name: string): name is LimitName {
  return Object.hasOwn(DEFAULT_LIMITS, name);
}
