/** Prices that somebody wants to be told of. Each rings once, and stays in the list until it is taken out. Pure. */
import type { Tick } from '@rtd/protocol';

export interface Alert {
  readonly symbol: string;
  readonly when: '>' | '<';
  readonly price: number;
  /** When it rang, epoch milliseconds; undefined: it waits. */
  readonly rangAt: number | undefined;
}

export const MAX_ALERTS = 50;

/** `alerts` after these ticks; the same list where none rang. */
export function afterTicks(alerts: readonly Alert[], ticks: readonly Tick[], now: number): readonly Alert[] {
  if (!alerts.some(({ rangAt }) => rangAt === undefined)) return alerts;
  let rang = false;
  const next = alerts.map((alert) => {
    if (alert.rangAt !== undefined || !ticks.some((tick) => reaches(alert, tick))) return alert;
    rang = true;
    return { ...alert, rangAt: now };
  });
  return rang ? next : alerts;
}

function reaches({ symbol, when, price }: Alert, tick: Tick): boolean {
  if (tick.symbol !== symbol) return false;
  return when === '>' ? tick.price > price : tick.price < price;
}

/** `BTC > 70000`, with commas or `k` as people write them; undefined for what is none. */
export function parseAlert(text: string): Alert | undefined {
  const match = /^(\S+?)\s*([<>])=?\s*([\d.,_]+)(k?)$/iu.exec(text.trim());
  const [, symbol, when, digits, thousands] = match ?? [];
  if (symbol === undefined || digits === undefined) return undefined;
  const price = Number(digits.replaceAll(/[,_]/g, '')) * (thousands === '' ? 1 : 1_000);
  if (!(price > 0) || !Number.isFinite(price)) return undefined;
  return { symbol: symbol.toUpperCase(), when: when === '>' ? '>' : '<', price, rangAt: undefined };
}

export function sameAlert(a: Alert, b: Alert): boolean {
  return a.symbol === b.symbol && a.when === b.when && a.price === b.price;
}
