/** Counts durations in buckets 1 % wide on either side: a percentile is within 1 % of the exact one. */
export interface Histogram {
  /** @param us microseconds, 0 or more */
  record(us: number): void;
  readonly count: number;
  /** Exact. */
  readonly max: number;
  /** Exact. */
  readonly mean: number;
  /** @param share 0 to 1; the smallest value that this share of the recorded ones does not exceed. 0 where empty. */
  percentile(share: number): number;
  /** All at once: rising values, each with the share of the recorded ones that does not exceed it; the last has 1. */
  distribution(): readonly (readonly [share: number, us: number])[];
}

const growth = 1.02;
const logGrowth = Math.log(growth);
/** Below this, in microseconds, everything is one bucket; above the last bucket (28 hours) too. */
const smallest = 0.1;
const buckets = Math.ceil(Math.log(1e11 / smallest) / logGrowth) + 1;

export function createHistogram(): Histogram {
  const counts = new Float64Array(buckets);
  let [count, sum, max] = [0, 0, 0];
  /** The middle of the bucket (g^(at-1), g^at], but never more than what was seen. */
  const middle = (at: number): number => Math.min(max, at === 0 ? smallest : smallest * growth ** (at - 0.5));
  return {
    record(us) {
      const at = us <= smallest ? 0 : Math.ceil(Math.log(us / smallest) / logGrowth);
      counts[Math.min(at, buckets - 1)]! += 1;
      count += 1;
      sum += us;
      if (us > max) max = us;
    },
    get count() {
      return count;
    },
    get max() {
      return max;
    },
    get mean() {
      return count === 0 ? 0 : sum / count;
    },
    percentile(share) {
      if (count === 0) return 0;
      const wanted = Math.max(1, Math.ceil(share * count));
      let seen = 0;
      for (let at = 0; at < buckets; at++) {
        seen += counts[at]!;
        if (seen >= wanted) return middle(at);
      }
      return max;
    },
    distribution() {
      const points: [number, number][] = [];
      let seen = 0;
      for (let at = 0; at < buckets; at++) {
        if (counts[at] === 0) continue;
        seen += counts[at]!;
        points.push([seen / count, seen === count ? max : middle(at)]);
      }
      return points;
    },
  };
}
