/**
 * Sorts the first `count` numbers in place; none of them is NaN. Several times faster than `sort` of a typed array for some hundreds to
 * some thousands: a radix sort by the four bytes of the nearest 32-bit float, then a look at what these do not tell apart.
 */
export function sortBatch(values: Float64Array, count = values.length): void {
  if (count < least || count > most) {
    values.subarray(0, count).sort();
    return;
  }
  copy.set(values.subarray(0, count));
  singles.set(copy.subarray(0, count));
  counts.fill(0);
  for (let i = 0; i < count; i++) {
    const bits = words[i] as number;
    const key = bits ^ ((bits >> 31) | 0x8000_0000);
    words[i] = key;
    places[i] = i;
    for (let byte = 0; byte < 4; byte++) {
      const at = 256 * byte + ((key >>> (8 * byte)) & 255);
      counts[at] = (counts[at] as number) + 1;
    }
  }
  const sorted = sortKeys(count);
  for (let i = 0; i < count; i++) values[i] = copy[sorted[i] as number] as number;
  settle(values, count);
}

const least = 128;
const most = 4096;
const copy = new Float64Array(most);
const singles = new Float32Array(most);
const words = new Int32Array(singles.buffer);
const otherWords = new Int32Array(most);
const places = new Uint16Array(most);
const otherPlaces = new Uint16Array(most);
const counts = new Int32Array(4 * 256);

/** Returns the places in ascending order of their keys. */
function sortKeys(count: number): Uint16Array {
  let [keys, spare] = [words, otherWords];
  let [from, to] = [places, otherPlaces];
  const isSame = (byte: number) => counts[256 * byte + (((keys[0] as number) >>> (8 * byte)) & 255)] === count;
  // The last byte tells few numbers apart where both of the first two do; what it would, the look afterwards does.
  for (let byte = isSame(3) || isSame(2) ? 0 : 1; byte < 4; byte++) {
    const shift = 8 * byte;
    const base = 256 * byte;
    // All have the same byte here.
    if (isSame(byte)) continue;
    let sum = 0;
    for (let i = base; i < base + 256; i++) {
      const size = counts[i] as number;
      counts[i] = sum;
      sum += size;
    }
    for (let i = 0; i < count; i++) {
      const key = keys[i] as number;
      const at = base + ((key >>> shift) & 255);
      const next = counts[at] as number;
      counts[at] = next + 1;
      spare[next] = key;
      to[next] = from[i] as number;
    }
    [keys, spare] = [spare, keys];
    [from, to] = [to, from];
  }
  return from;
}

/** Numbers whose bytes were the same stand in any order. */
function settle(values: Float64Array, count: number): void {
  let moves = 0;
  for (let i = 1; i < count; i++) {
    const value = values[i] as number;
    let at = i;
    while (at > 0 && (values[at - 1] as number) > value) {
      values[at] = values[at - 1] as number;
      at--;
    }
    values[at] = value;
    moves += i - at;
    if (moves <= 4 * count) continue;
    values.subarray(0, count).sort();
    return;
  }
}
