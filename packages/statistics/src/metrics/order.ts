const SMALL = 4096;

/**
 * The permutation that puts `values` into ascending order; equal values keep their order. A radix sort on the bits of the
 * numbers (four passes of 16 bits; -0 counts as 0): several times faster than a comparator from some thousand rows on.
 * @param values n finite or infinite numbers; NaN is refused with a RangeError.
 */
export function orderOf(values: ArrayLike<number>): Uint32Array {
  const n = values.length;
  for (let i = 0; i < n; i++) {
    if (Number.isNaN(values[i]!)) throw new RangeError(`Value ${i} is not a number, so the values have no order.`);
  }
  return n < SMALL ? comparedOrder(values) : radixOrder(values);
}

function comparedOrder(values: ArrayLike<number>): Uint32Array {
  const order = new Uint32Array(values.length);
  for (let i = 0; i < order.length; i++) order[i] = i;
  return order.sort((a, b) => values[a]! - values[b]! || a - b);
}

function radixOrder(values: ArrayLike<number>): Uint32Array {
  const n = values.length;
  const keys = sortableBits(values);
  let order = new Uint32Array(n);
  let next = new Uint32Array(n);
  for (let i = 0; i < n; i++) order[i] = i;
  const counts = new Uint32Array(0x10000);
  for (let digit = 0; digit < 4; digit++) {
    counts.fill(0);
    for (let i = 0; i < n; i++) counts[keys[4 * i + digit]!]!++;
    if (counts[keys[digit]!] === n) continue;
    let start = 0;
    for (let bucket = 0; bucket < counts.length; bucket++) {
      const size = counts[bucket]!;
      counts[bucket] = start;
      start += size;
    }
    for (let i = 0; i < n; i++) {
      const row = order[i]!;
      next[counts[keys[4 * row + digit]!]!++] = row;
    }
    [order, next] = [next, order];
  }
  return order;
}

/** Four 16-bit digits a number, least first, whose order as unsigned integers is the order of the numbers. */
function sortableBits(values: ArrayLike<number>): Uint16Array {
  const n = values.length;
  const digits = new Uint16Array(4 * n);
  const view = new DataView(new ArrayBuffer(8));
  for (let i = 0; i < n; i++) {
    view.setFloat64(0, values[i]! + 0);
    const high = view.getUint32(0);
    const low = view.getUint32(4);
    const flip = high >= 0x80000000 ? 0xffffffff : 0;
    const top = (high ^ (flip === 0 ? 0x80000000 : flip)) >>> 0;
    const rest = (low ^ flip) >>> 0;
    digits[4 * i] = rest & 0xffff;
    digits[4 * i + 1] = rest >>> 16;
    digits[4 * i + 2] = top & 0xffff;
    digits[4 * i + 3] = top >>> 16;
  }
  return digits;
}
