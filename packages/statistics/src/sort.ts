const RADIX_FROM = 4096;
const BITS = 11;
const BUCKETS = 1 << BITS;
const MASK = BUCKETS - 1;
const DIGITS = 3;
const INSERTED = 24;

/**
 * The numbers of a sample in ascending order, NaN left out, in a new array. Long samples by three passes of a radix sort over
 * the upper half of their bits, in less than half of the time of TypedArray.sort.
 */
export function sortNumbers(values: ArrayLike<number>): Float64Array<ArrayBuffer> {
  const sorted = new Float64Array(values.length);
  let length = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    // + 0: negative zero is zero, so that both have one place.
    if (value === value) sorted[length++] = value + 0;
  }
  const kept = length === sorted.length ? sorted : sorted.slice(0, length);
  return length < RADIX_FROM ? kept.sort() : radixSort(kept);
}

/** The finite numbers of a sample, in their order. */
export function finiteNumbers(values: ArrayLike<number>): Float64Array<ArrayBuffer> {
  const kept = new Float64Array(values.length);
  let length = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isFinite(value)) kept[length++] = value;
  }
  return length === kept.length ? kept : kept.slice(0, length);
}

function radixSort(values: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const { length } = values;
  const bits = new Uint32Array(values.buffer, values.byteOffset, length * 2);
  const counts = new Uint32Array(DIGITS * BUCKETS);
  for (let i = 1; i < bits.length; i += 2) {
    const key = toKey(bits[i]!);
    counts[key & MASK]!++;
    counts[BUCKETS + ((key >>> BITS) & MASK)]!++;
    counts[2 * BUCKETS + (key >>> (2 * BITS))]!++;
  }
  let from = values;
  let to = new Float64Array(length);
  for (let digit = 0; digit < DIGITS; digit++) {
    const places = counts.subarray(digit * BUCKETS, (digit + 1) * BUCKETS);
    if (!toPlaces(places, length)) continue;
    scatter({ from, to, places, shift: digit * BITS });
    [from, to] = [to, from];
  }
  return sortRuns(from);
}

/** The upper half of a number's bits as an integer that sorts as the number does: all flipped below zero, else the sign. */
function toKey(high: number): number {
  return (high ^ ((high >> 31) | 0x8000_0000)) >>> 0;
}

/** Turns counts into the first place of each bucket. @returns false where all values are in one */
function toPlaces(counts: Uint32Array, length: number): boolean {
  let place = 0;
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    const count = counts[bucket]!;
    if (count === length) return false;
    counts[bucket] = place;
    place += count;
  }
  return true;
}

interface Pass {
  readonly from: Float64Array<ArrayBuffer>;
  readonly to: Float64Array;
  readonly places: Uint32Array;
  readonly shift: number;
}

function scatter({ from, to, places, shift }: Pass): void {
  const bits = new Uint32Array(from.buffer, from.byteOffset, from.length * 2);
  for (let i = 0; i < from.length; i++) {
    const bucket = (toKey(bits[2 * i + 1]!) >>> shift) & MASK;
    to[places[bucket]!++] = from[i]!;
  }
}

/** Sorts an array whose upper halves of bits are in order: what is out of order stands beside its place, or in a long run. */
function sortRuns(values: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
  for (let i = 1; i < values.length; i++) {
    const value = values[i]!;
    if (values[i - 1]! <= value) continue;
    const high = bits[2 * i + 1]!;
    let start = i - 1;
    while (start > 0 && bits[2 * start - 1] === high) start--;
    let end = i + 1;
    while (end < values.length && bits[2 * end + 1] === high) end++;
    if (end - start > INSERTED) values.subarray(start, end).sort();
    else insertionSort(values, start, end);
    i = end - 1;
  }
  return values;
}

function insertionSort(values: Float64Array, start: number, end: number): void {
  for (let i = start + 1; i < end; i++) {
    const value = values[i]!;
    let at = i;
    while (at > start && values[at - 1]! > value) {
      values[at] = values[at - 1]!;
      at--;
    }
    values[at] = value;
  }
}
