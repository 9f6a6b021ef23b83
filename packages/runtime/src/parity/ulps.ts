const doubles = new Float64Array(1);
const doubleBits = new BigInt64Array(doubles.buffer);
const singles = new Float32Array(1);
const singleBits = new Int32Array(singles.buffer);

/**
 * How many representable values lie between two finite ones, counting one end: 0 for equal values (and for 0 and -0), 1 for
 * neighbours. IEEE 754 numbers are stored as sign and magnitude, so that the magnitudes, read as integers, are ordered
 * as the numbers are, and the distance is the difference of those integers (B. Dawson, "Comparing Floating Point Numbers,
 * 2012 Edition"; IEEE 754-2019, 5.10, totalOrder). Distances of doubles beyond 2^53 are rounded.
 */
export const ulpDistance = {
  /** Of two bit patterns. */
  FP16: (a: number, b: number): number => Math.abs(toOrdered16(a) - toOrdered16(b)),
  FP32: (a: number, b: number): number => Math.abs(toOrdered32(a) - toOrdered32(b)),
  FP64(a: number, b: number): number {
    const distance = toOrdered64(a) - toOrdered64(b);
    return Number(distance < 0n ? -distance : distance);
  },
} as const;

function toOrdered16(bits: number): number {
  return (bits & 0x8000) === 0 ? bits : -(bits & 0x7fff);
}

function toOrdered32(value: number): number {
  singles[0] = value;
  const bits = singleBits[0]!;
  return bits < 0 ? -(bits & 0x7fffffff) : bits;
}

function toOrdered64(value: number): bigint {
  doubles[0] = value;
  const bits = doubleBits[0]!;
  return bits < 0n ? -(bits & 0x7fff_ffff_ffff_ffffn) : bits;
}
