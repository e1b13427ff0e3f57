/**
 * A histogram of times from a microsecond to more than an hour, exact to one part in 128, in constant memory: buckets
 * double in width with every power of two (the layout of HDR histograms). Recording costs a few machine instructions.
 */

/** Buckets a power of two: as fine as one part in so many. */
const FINENESS = 128;
const FINENESS_BITS = 7;
/** 2^32 microseconds are 71 minutes; what is longer counts as that. */
const LARGEST = 2 ** 32 - 1;
const BUCKETS = (32 - FINENESS_BITS) * FINENESS + FINENESS;

/** Milliseconds; all 0 where nothing was recorded. */
export interface LatencySummary {
  readonly count: number;
  readonly min: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

export class Histogram {
  readonly #counts = new Float64Array(BUCKETS);
  #count = 0;
  #sum = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = 0;

  get count(): number {
    return this.#count;
  }

  /** Takes a time in milliseconds; one below zero (clocks) counts as zero. */
  record(millis: number): void {
    const micros = Math.min(LARGEST, Math.max(0, Math.round(millis * 1_000)));
    const bucket = bucketOf(micros);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#count += 1;
    this.#sum += micros;
    if (micros < this.#min) this.#min = micros;
    if (micros > this.#max) this.#max = micros;
  }

  /** The time, in milliseconds, that a share (0 to 1) of all took at most; 0 where nothing was recorded. */
  quantile(share: number): number {
    if (this.#count === 0) return 0;
    const rank = Math.max(1, Math.ceil(share * this.#count));
    let seen = 0;
    for (const [bucket, count] of this.#counts.entries()) {
      seen += count;
      if (seen >= rank) return Math.min(upperEnd(bucket), this.#max) / 1_000;
    }
    return this.#max / 1_000;
  }

  summary(): LatencySummary {
    return {
      count: this.#count,
      min: this.#count === 0 ? 0 : this.#min / 1_000,
      mean: this.#count === 0 ? 0 : this.#sum / this.#count / 1_000,
      p50: this.quantile(0.5),
      p90: this.quantile(0.9),
      p99: this.quantile(0.99),
      p999: this.quantile(0.999),
      max: this.#max / 1_000,
    };
  }
}

/** Below 2 x FINENESS a bucket is one microsecond wide; from there on, the top bits of the number name the bucket. */
function bucketOf(micros: number): number {
  const shift = Math.max(0, 32 - Math.clz32(micros) - FINENESS_BITS - 1);
  return shift * FINENESS + (micros >>> shift);
}

/** The largest number of microseconds that falls into the bucket. */
function upperEnd(bucket: number): number {
  const shift = Math.max(0, Math.floor(bucket / FINENESS) - 1);
  return (bucket - shift * FINENESS + 1) * 2 ** shift - 1;
}
