/** Upper edges of the latency buckets of a minute, milliseconds: four for each doubling, from 0.1 ms to about 100 s. */
export const latencyEdges: readonly number[] = Array.from({ length: 81 }, (_, i) => 0.1 * 2 ** (i / 4));
export const latencyBuckets = latencyEdges.length + 1;

/** An edge belongs to the bucket below it; the last bucket is of everything above the last edge. */
export function latencyBucket(milliseconds: number): number {
  if (!(milliseconds > 0.1)) return 0;
  let bucket = Math.min(latencyEdges.length, Math.ceil(4 * Math.log2(milliseconds / 0.1)));
  // Rounding must not decide.
  if (bucket > 0 && milliseconds <= (latencyEdges[bucket - 1] as number)) bucket--;
  else if (bucket < latencyEdges.length && milliseconds > (latencyEdges[bucket] as number)) bucket++;
  return bucket;
}

/** How many of the requests took longer, at least: a bucket that `milliseconds` falls into is not counted. */
export function countSlower(buckets: ArrayLike<number>, milliseconds: number): number {
  let count = 0;
  for (let i = latencyBucket(milliseconds) + 1; i < buckets.length; i++) count += buckets[i] as number;
  return count;
}
