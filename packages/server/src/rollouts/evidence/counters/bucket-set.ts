/** Which of the 10,000 buckets of a division something happened in, a bit each. JSON has it as base64. */
export type BucketSet = Uint8Array;

const bytes = 10_000 / 8;

export function createBucketSet(): BucketSet {
  return new Uint8Array(bytes);
}

/** @param bucket 0 to 9,999; any other is passed over */
export function addBucket(set: BucketSet, bucket: number): void {
  const at = bucket >> 3;
  if (at < set.length) set[at]! |= 1 << (bucket & 7);
}

/** Into the first one. */
export function addBuckets(set: BucketSet, other: BucketSet): void {
  for (let i = 0; i < bytes; i++) set[i]! |= other[i] ?? 0;
}

/** How many are in the set and not in the other one. */
export function countBeyond(set: BucketSet, other: BucketSet): number {
  let count = 0;
  for (let i = 0; i < bytes; i++) {
    // Each step takes the lowest bit that is left.
    for (let left = set[i]! & ~other[i]!; left !== 0; left &= left - 1) count++;
  }
  return count;
}

export function toBase64(set: BucketSet): string {
  return Buffer.from(set.buffer, set.byteOffset, set.length).toString("base64");
}

export function parseBase64(text: string): BucketSet {
  const set = createBucketSet();
  set.set(Buffer.from(text, "base64").subarray(0, bytes));
  return set;
}

/** Of both. */
export function mergeBase64(a: string, b: string): string {
  const set = parseBase64(a);
  addBuckets(set, parseBase64(b));
  return toBase64(set);
}
