import { BUCKETS } from "./hash-unit.ts";

/** Buckets from `from` up to `to`, which is not one of them; none where they are equal. */
export interface BucketRange {
  readonly from: number;
  readonly to: number;
}

/** What sums of floating-point shares may be off. */
const DUST = 1e-9;

/**
 * The buckets of each arm, as GrowthBook lays them out: arm i starts where the weights before it end, and covers `weight x coverage` from
 * there. So raising the coverage only adds units, and nobody ever moves from one arm to another; changing the weights does move some.
 * A bucket is an arm's if its number over 10,000 is.
 * @param weights one for each arm, >= 0, sum 1
 * @param coverage share of the units that are in any arm at all, [0, 1]
 * @throws RangeError where weights or coverage are not these
 */
export function bucketRanges(weights: readonly number[], coverage = 1): readonly BucketRange[] {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  if (!(Math.abs(sum - 1) < DUST) || weights.some((weight) => !(weight >= 0))) {
    throw new RangeError(`The weights are ${weights.join(", ")}. They are shares of 1, 0 or more, and their sum is 1.`);
  }
  if (!(coverage >= 0 && coverage <= 1)) throw new RangeError(`The coverage is ${coverage}. It is a share, 0 to 1.`);
  let start = 0;
  return weights.map((weight) => {
    const range = { from: toBucket(start), to: toBucket(start + weight * coverage) };
    start += weight;
    return range;
  });
}

/** The arm that a bucket belongs to, -1 for none. */
export function findArm(ranges: readonly BucketRange[], bucket: number): number {
  for (let i = 0; i < ranges.length; i++) {
    const { from, to } = ranges[i]!;
    if (bucket >= from && bucket < to) return i;
  }
  return -1;
}

function toBucket(share: number): number {
  return Math.max(0, Math.min(BUCKETS, Math.ceil((share - DUST) * BUCKETS)));
}
