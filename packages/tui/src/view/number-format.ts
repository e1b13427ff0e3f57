/** Numbers and times as people read them. */

/** `64,250.10`, `0.4182`, `0.00001234`: two decimals from 10 up, more below. */
export function formatPrice(price: number): string {
  const decimals = price >= 10 ? 2 : price >= 0.1 ? 4 : 8;
  return grouped(price.toFixed(decimals));
}

/** `64,250`: what fits a narrow ticker. */
export function formatPriceShort(price: number): string {
  return price >= 1_000 ? grouped(price.toFixed(0)) : formatPrice(price);
}

function grouped(fixed: string): string {
  const [whole = '', fraction] = fixed.split('.');
  const withCommas = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? withCommas : `${withCommas}.${fraction}`;
}

/** `+0.31%`, `-12.04%`, `0.00%`. */
export function formatPercent(percent: number): string {
  const fixed = Math.abs(percent) >= 1_000 ? percent.toFixed(0) : percent.toFixed(2);
  return `${percent > 0 && Number(fixed) !== 0 ? '+' : ''}${Number(fixed) === 0 ? fixed.replace('-', '') : fixed}%`;
}

/** `950`, `12.3k`, `4.1M`, `2B`. */
export function formatVolume(volume: number): string {
  for (const [unit, size] of UNITS) {
    if (volume >= size) return `${(volume / size).toFixed(volume >= 100 * size ? 0 : 1)}${unit}`;
  }
  return volume >= 10 || Number.isInteger(volume) ? volume.toFixed(0) : volume.toFixed(2);
}

const UNITS = [
  ['B', 1e9],
  ['M', 1e6],
  ['k', 1e3],
] as const;

/** `8s`, `3m`, `2h`, `5d`. */
export function formatAge(millis: number): string {
  const seconds = Math.max(0, Math.floor(millis / 1_000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}
