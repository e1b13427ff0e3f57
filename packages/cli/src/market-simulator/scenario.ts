/**
 * Shocks for a simulated market. A shock moves the common factor, so that each instrument is hit as hard as it hangs on the
 * market and swings (gold hardly, and the other way), and it makes everything wilder and trade larger for a while.
 */

export interface Scenario {
  /** What the common factor has moved by then, as a log return of an average instrument; `seconds` since the start. */
  shift(seconds: number): number;
  /** Times the usual volatility. */
  volatility(seconds: number): number;
  /** Times the usual size of a trade. */
  volume(seconds: number): number;
  /** Standard deviation of where each instrument opens, against its last price, as a log return. */
  readonly gap: number;
}

/** An instrument with this common share and this volatility a year moves by a shock's whole shift. */
export const AVERAGE_LOADING = 0.24;

/** Calm before the shock: one sees what it does. */
const BEFORE_SECONDS = 5;

const usual = { volume: () => 1, gap: 0 };

export const SCENARIOS = {
  /** A fall of some 12 % within half a minute, panic, and a third of it back in the two minutes after. */
  crash: {
    ...usual,
    shift: (seconds) => -0.128 * (ramp(seconds, BEFORE_SECONDS, 30) - ramp(seconds, BEFORE_SECONDS + 40, 120) / 3),
    volatility: (seconds) => 1 + 5 * burst(seconds, BEFORE_SECONDS, 60),
    volume: (seconds) => 1 + 7 * burst(seconds, BEFORE_SECONDS, 45),
  },
  /** A rise of some 8 % within a minute, that stays. */
  rally: {
    ...usual,
    shift: (seconds) => 0.077 * ramp(seconds, BEFORE_SECONDS, 60),
    volatility: (seconds) => 1 + 1.5 * burst(seconds, BEFORE_SECONDS, 60),
    volume: (seconds) => 1 + 3 * burst(seconds, BEFORE_SECONDS, 60),
  },
  /** The bell: everybody opens somewhere else than yesterday, and it calms down within a minute or two. */
  open: {
    shift: () => 0,
    volatility: (seconds) => 1 + 9 * burst(seconds, 0, 25),
    volume: (seconds) => 1 + 7 * burst(seconds, 0, 25),
    gap: 0.012,
  },
} as const satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof SCENARIOS;

/** As a flag takes them. */
export const SCENARIO_NAMES: readonly ScenarioName[] = ['crash', 'rally', 'open'];

/** From 0 to 1 within `length` seconds from `start` on, slowly at both ends. */
function ramp(seconds: number, start: number, length: number): number {
  const part = Math.min(1, Math.max(0, (seconds - start) / length));
  return part * part * (3 - 2 * part);
}

/** 0 before `start`, then 1, fading to a third in `fade` seconds. */
function burst(seconds: number, start: number, fade: number): number {
  return seconds < start ? 0 : Math.exp((start - seconds) / fade);
}
