const SIZE = 624;
const MIDDLE = 397;

/** The permutations of numpy.random.RandomState(seed).permutation: the Mersenne Twister (M. Matsumoto, T. Nishimura, 1998). */
export function createNumpyPermute(seed: number): (n: number) => Int32Array {
  const next = createTwister(seed);
  return (n) => {
    const order = Int32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const mask = 2 ** (32 - Math.clz32(i)) - 1;
      let j = i + 1;
      while (j > i) j = (next() & mask) >>> 0;
      const value = order[i]!;
      order[i] = order[j]!;
      order[j] = value;
    }
    return order;
  };
}

/** 32 random bits at a time. */
function createTwister(seed: number): () => number {
  const key = new Uint32Array(SIZE);
  key[0] = seed;
  for (let i = 1; i < SIZE; i++) {
    const before = key[i - 1]!;
    key[i] = Math.imul(1812433253, before ^ (before >>> 30)) + i;
  }
  let at = SIZE;
  const refill = () => {
    for (let i = 0; i < SIZE; i++) {
      const y = (key[i]! & 0x8000_0000) | (key[(i + 1) % SIZE]! & 0x7fff_ffff);
      key[i] = key[(i + MIDDLE) % SIZE]! ^ (y >>> 1) ^ (y & 1 ? 0x9908_b0df : 0);
    }
    at = 0;
  };
  return () => {
    if (at === SIZE) refill();
    let y = key[at++]!;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c_5680;
    y ^= (y << 15) & 0xefc6_0000;
    return (y ^ (y >>> 18)) >>> 0;
  };
}
