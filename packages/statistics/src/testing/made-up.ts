/** The same numbers as `mulberry` of tools/goldens/statistics.py: 32 bits in [0, 1). */
export function mulberry(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** What a golden says of its sample: `levels` > 0 rounds to so many steps a unit, 0 leaves the values as they are. */
export interface SampleSpec {
  readonly n: number;
  readonly seed: number;
  readonly shift: number;
  readonly scale: number;
  readonly levels: number;
}

/** Sums of twelve uniform numbers, less six: nearly normal, and the same in every language. */
export function makeSample({ n, seed, shift, scale, levels }: SampleSpec): number[] {
  const random = mulberry(seed);
  return Array.from({ length: n }, () => {
    let sum = -6;
    for (let i = 0; i < 12; i++) sum += random();
    const value = shift + scale * sum;
    return levels > 0 ? Math.floor(value * levels + 0.5) / levels : value;
  });
}
