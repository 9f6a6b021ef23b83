/**
 * A mergeable sketch of the most frequent texts: Misra and Gries, "Finding repeated elements" (1982), with weights, as merged
 * by Agarwal et al., "Mergeable summaries" (2012). Up to `capacity` different texts it is exact. Beyond, each count is too low
 * by `error` at most, which is at most the total divided by the capacity; whatever is more frequent than that is there.
 */
export interface FrequentItems {
  readonly capacity: number;
  readonly counts: Map<string, number>;
  /** The most by which any count is too low, and the most that a text which is not there may have. */
  error: number;
  /** Of all texts that were added. */
  total: number;
}

export interface FrequentItem {
  readonly value: string;
  /** At least so many. */
  readonly count: number;
}

export function createFrequentItems(capacity = 64): FrequentItems {
  if (!(capacity >= 1)) throw new RangeError(`The capacity must be at least 1, not ${capacity}.`);
  return { capacity, counts: new Map(), error: 0, total: 0 };
}

export function addToFrequent(items: FrequentItems, value: string, count = 1): void {
  if (!(count > 0)) return;
  items.counts.set(value, (items.counts.get(value) ?? 0) + count);
  items.total += count;
  // Room for twice as many, so that not every new text makes all of them smaller.
  if (items.counts.size > 2 * items.capacity) trimFrequent(items);
}

/** One that changes for itself. */
export function copyFrequentItems(items: FrequentItems): FrequentItems {
  return { ...items, counts: new Map(items.counts) };
}

/** Of both together, with the smaller capacity; neither is changed. */
export function mergeFrequentItems(a: FrequentItems, b: FrequentItems): FrequentItems {
  const merged = createFrequentItems(Math.min(a.capacity, b.capacity));
  for (const { counts } of [a, b])
    for (const [value, count] of counts) merged.counts.set(value, (merged.counts.get(value) ?? 0) + count);
  merged.error = a.error + b.error;
  merged.total = a.total + b.total;
  trimFrequent(merged);
  return merged;
}

/** The most frequent first; texts of the same count in the order of their UTF-16 units. */
export function listFrequent(items: FrequentItems, limit = items.capacity): FrequentItem[] {
  return [...items.counts]
    .map(([value, count]) => ({ value, count }))
    .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
    .slice(0, limit);
}

/** Leaves `capacity` texts at most: the count of the first that is too many is taken off all. */
export function trimFrequent(items: FrequentItems): void {
  const { capacity, counts } = items;
  if (counts.size <= capacity) return;
  const sorted = [...counts.values()].sort((a, b) => b - a);
  const least = sorted[capacity] as number;
  for (const [value, count] of counts)
    if (count <= least) counts.delete(value);
    else counts.set(value, count - least);
  items.error += least;
}
