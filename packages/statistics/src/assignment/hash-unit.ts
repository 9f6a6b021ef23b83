const OFFSET = 0x811c9dc5;
const PRIME = 0x01000193;
/** Buckets of `hashUnit`: shares in steps of 0.01 %. */
export const BUCKETS = 10_000;

/** FNV-1a of 32 bits over UTF-16 code units (G. Fowler, L. C. Noll, K.-P. Vo), as an unsigned number. Not for secrets. */
export function fnv1a(text: string): number {
  return fold(OFFSET, text) >>> 0;
}

/**
 * The bucket of a unit, 0 to 9,999, evenly spread and independent between seeds: GrowthBook's hash version 2,
 * `fnv1a(String(fnv1a(seed + value))) % 10000`, whose n is this over 10,000. Makes no strings.
 * @param seed what makes splits independent of each other: the name of the endpoint, say
 * @param value the unit that must stay where it is: a user's id
 */
export function hashUnit(seed: string, value: string): number {
  return bucketOf(fold(fold(OFFSET, seed), value) >>> 0);
}

/** `hashUnit` for one seed, which is read once. */
export function createHashUnit(seed: string): (value: string) => number {
  const start = fold(OFFSET, seed);
  return (value) => bucketOf(fold(start, value) >>> 0);
}

/**
 * GrowthBook's hash version 1, `fnv1a(value + seed) % 1000`, in steps of 10 so that its buckets are those of `hashUnit`. Splits by it
 * depend on each other a little; only to continue what another system began.
 */
export function hashUnitV1(seed: string, value: string): number {
  return ((fold(fold(OFFSET, value), seed) >>> 0) % 1000) * 10;
}

function fold(hash: number, text: string): number {
  let h = hash;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), PRIME);
  return h;
}

/** FNV-1a over the decimal digits of the first hash. */
function bucketOf(first: number): number {
  let power = 1;
  while (power * 10 <= first) power *= 10;
  let h = OFFSET;
  for (let rest = first; power >= 1; power /= 10) {
    const digit = Math.floor(rest / power);
    rest -= digit * power;
    h = Math.imul(h ^ (48 + digit), PRIME);
  }
  return (h >>> 0) % BUCKETS;
}
