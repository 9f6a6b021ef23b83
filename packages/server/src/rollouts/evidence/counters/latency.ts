/** The bucket of a latency: an edge belongs to the bucket below it, the last is of everything above the last edge. */
export function bucketOf(edges: readonly number[], milliseconds: number): number {
  let [low, high] = [0, edges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (milliseconds <= edges[middle]!) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The edge below which a share of the requests is; null: there are none. */
export function quantileOf(edges: readonly number[], buckets: readonly number[], share: number): number | null {
  const total = buckets.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  let below = 0;
  for (const [i, count] of buckets.entries()) {
    below += count;
    if (below >= share * total) return edges[i] ?? edges.at(-1) ?? null;
  }
  return edges.at(-1) ?? null;
}
