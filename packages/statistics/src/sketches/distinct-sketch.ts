/**
 * A mergeable sketch of how many different values there are: the hashes themselves up to 256 of them (exact), then
 * HyperLogLog with 2,048 registers (Flajolet et al. 2007; standard error 2.3 %) and the estimator of Ertl, "New cardinality
 * estimation algorithms for HyperLogLog sketches" (2017, arXiv 1702.01284, algorithm 6). Plain data.
 */
export interface DistinctSketch {
  /** 52 bits of each hash; null where there are registers. */
  hashes: Set<number> | null;
  registers: Uint8Array | null;
}

const indexBits = 11;
const registerCount = 1 << indexBits;
/** Bits of a hash behind the index. */
const rankBits = 41;
const mostHashes = 256;

export function createDistinctSketch(): DistinctSketch {
  return { hashes: new Set(), registers: null };
}

/** Of a number, whose 64 bits count: 0 and -0 are the same, all NaN are one. */
export function addNumberToDistinct(sketch: DistinctSketch, value: number): void {
  doubles[0] = value === 0 ? 0 : value;
  const high = mix(words[0] as number, words[1] as number);
  const rest = (high >>> 12) & 0x1ff;
  // The other half of the hash decides in one of 512 cases only.
  if (sketch.registers !== null && rest !== 0) setRank(sketch.registers, high >>> 21, Math.clz32(rest) - 22);
  else addHash(sketch, high, mix(words[1] as number, ~(words[0] as number)));
}

export function addTextToDistinct(sketch: DistinctSketch, text: string): void {
  // FNV-1a of the UTF-16 units, twice, and mixed.
  let a = 0x811c9dc5;
  let b = 0x2f0b4c47;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ unit, 0x85ebca6b) ^ (b >>> 15);
  }
  addHash(sketch, mix(a, b), mix(b, ~a));
}

/** One that changes for itself. */
export function copyDistinctSketch({ hashes, registers }: DistinctSketch): DistinctSketch {
  return { hashes: hashes && new Set(hashes), registers: registers && registers.slice() };
}

/** Of both together; neither is changed. The order of merges does not matter. */
export function mergeDistinctSketches(a: DistinctSketch, b: DistinctSketch): DistinctSketch {
  const merged = copyDistinctSketch(a);
  if (b.hashes !== null) for (const hash of b.hashes) insert(merged, hash);
  else if (b.registers !== null) {
    const registers = toRegisters(merged);
    for (let i = 0; i < registerCount; i++) registers[i] = Math.max(registers[i] as number, b.registers[i] as number);
  }
  return merged;
}

/** How many different values there were, about. */
export function distinctOf({ hashes, registers }: DistinctSketch): number {
  if (hashes !== null) return hashes.size;
  const counts = new Float64Array(rankBits + 2);
  for (const rank of registers as Uint8Array) counts[rank] = (counts[rank] as number) + 1;
  let z = registerCount * tau(1 - (counts[rankBits + 1] as number) / registerCount);
  for (let rank = rankBits; rank >= 1; rank--) z = 0.5 * (z + (counts[rank] as number));
  z += registerCount * sigma((counts[0] as number) / registerCount);
  return registerCount ** 2 / (2 * Math.LN2 * z);
}

const doubles = new Float64Array(1);
const words = new Uint32Array(doubles.buffer);

/** The finaliser of MurmurHash3 over two words. */
function mix(a: number, b: number): number {
  let h = Math.imul(a, 0xcc9e2d51);
  h = Math.imul((h << 15) | (h >>> 17), 0x1b873593) ^ b;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function addHash(sketch: DistinctSketch, high: number, low: number): void {
  if (sketch.registers !== null)
    setRegister(sketch.registers, high >>> 21, ((high >>> 12) & 0x1ff) * 0x1_0000_0000 + low);
  else insert(sketch, (high >>> 12) * 0x1_0000_0000 + low);
}

function insert(sketch: DistinctSketch, hash: number): void {
  const { hashes } = sketch;
  if (hashes !== null && (hashes.size < mostHashes || hashes.has(hash))) hashes.add(hash);
  else setHash(toRegisters(sketch), hash);
}

function toRegisters(sketch: DistinctSketch): Uint8Array {
  if (sketch.registers !== null) return sketch.registers;
  const registers = new Uint8Array(registerCount);
  for (const hash of sketch.hashes ?? []) setHash(registers, hash);
  sketch.hashes = null;
  sketch.registers = registers;
  return registers;
}

function setHash(registers: Uint8Array, hash: number): void {
  const index = Math.floor(hash / 2 ** rankBits);
  setRegister(registers, index, hash - index * 2 ** rankBits);
}

/** `rest`: the bits behind the index, whose leading zeros count. */
function setRegister(registers: Uint8Array, index: number, rest: number): void {
  const high = Math.floor(rest / 0x1_0000_0000);
  const zeros = high === 0 ? 9 + Math.clz32(rest) : Math.clz32(high) - 23;
  setRank(registers, index, zeros + 1);
}

function setRank(registers: Uint8Array, index: number, rank: number): void {
  if (rank > (registers[index] as number)) registers[index] = rank;
}

function sigma(x: number): number {
  if (x === 1) return Number.POSITIVE_INFINITY;
  let power = x;
  let factor = 1;
  let z = x;
  for (;;) {
    power *= power;
    const before = z;
    z += power * factor;
    factor += factor;
    if (z === before) return z;
  }
}

function tau(x: number): number {
  if (x === 0 || x === 1) return 0;
  let root = x;
  let factor = 1;
  let z = 1 - x;
  for (;;) {
    root = Math.sqrt(root);
    const before = z;
    factor *= 0.5;
    z -= (1 - root) ** 2 * factor;
    if (z === before) return z / 3;
  }
}
