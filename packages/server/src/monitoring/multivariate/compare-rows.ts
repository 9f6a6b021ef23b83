import {
  classifyDomain,
  createRandom,
  fitReconstruction,
  pickRows,
  reconstructionErrors,
  type FeatureColumn,
} from "@slipway/statistics";

/** What is usual for windows of `rows` rows: blocks of the reference against all of its other rows. */
export interface Usual {
  readonly rows: number;
  /** How well blocks can be told apart, by block. */
  readonly auc: readonly number[];
  /** Mean reconstruction error, by block. */
  readonly error: readonly number[];
}

export interface Compared {
  readonly rows: number;
  readonly referenceRows: number;
  readonly auc: number;
  readonly error: number;
  /** Share of what the classifier goes by, by column. */
  readonly gains: readonly number[];
}

export interface ReferenceFeatures {
  readonly columns: readonly FeatureColumn[];
  readonly n: number;
  /** Which window each row is of; null: its rows are independent. */
  readonly places: Float64Array | null;
}

/** Windows are brought down to one of these. */
const sizes = [1000, 500, 200, 100];
const otherRows = 1500;
const mostBlocks = 16;
const fewestBlocks = 6;
const boosting = { trees: 20, maxLeaves: 15 } as const;

/**
 * The greatest size up to `rows` that the reference has blocks of; null: it is too small. Rows without times make blocks by chance.
 */
export function learnUsual(reference: ReferenceFeatures, rows: number): Usual | null {
  for (const size of sizes) {
    if (size > rows) continue;
    const blocks = blocksOf(reference, size);
    if (blocks === null) continue;
    const found = blocks.map((block, i) => compareRows(reference, { block, seed: i + 1 }));
    return { rows: size, auc: found.map(({ auc }) => auc), error: found.map(({ error }) => error) };
  }
  return null;
}

interface Block {
  /** Rows of the reference; it is compared with all others. */
  readonly block: readonly number[];
  readonly seed: number;
}

/** Compares rows with the reference: a window's own columns, or a block of the reference. */
export function compareRows(
  reference: ReferenceFeatures,
  given: Block | { readonly window: readonly FeatureColumn[] },
): Compared {
  const isBlock = "block" in given;
  const taken = new Set(isBlock ? given.block : []);
  const others = draw(
    Array.from({ length: reference.n }, (_, i) => i).filter((i) => !taken.has(i)),
    otherRows,
    isBlock ? given.seed : 0,
  );
  const usual = pickRows(reference.columns, Uint32Array.from(others));
  const window = isBlock ? pickRows(reference.columns, Uint32Array.from(given.block)) : given.window;
  const { auc, importance } = classifyDomain(usual, window, { folds: 3, seed: 1, boosting });
  const errors = reconstructionErrors(fitReconstruction(usual), window);
  return {
    rows: errors.length,
    referenceRows: others.length,
    auc: auc.value ?? 0.5,
    error: errors.reduce((sum, error) => sum + error, 0) / errors.length,
    gains: importance,
  };
}

function blocksOf({ n, places }: ReferenceFeatures, size: number): number[][] | null {
  if (places === null) {
    if (n < 2 * size) return null;
    return Array.from({ length: mostBlocks }, (_, i) =>
      draw(
        Array.from({ length: n }, (_row, row) => row),
        size,
        i + 1,
      ),
    );
  }
  const rows = new Map<number, number[]>();
  for (const [row, place] of places.entries()) {
    if (Number.isNaN(place)) continue;
    const there = rows.get(place);
    if (there === undefined) rows.set(place, [row]);
    else there.push(row);
  }
  const large = [...rows.values()].filter((block) => block.length >= size);
  if (large.length < fewestBlocks) return null;
  const step = Math.max(1, large.length / mostBlocks);
  const count = Math.min(mostBlocks, large.length);
  return Array.from({ length: count }, (_, i) => draw(large[Math.floor(i * step)]!, size, i + 1));
}

/** Some of them by chance, always the same, in their order. */
export function draw(rows: readonly number[], most: number, seed: number): number[] {
  if (rows.length <= most) return [...rows];
  const random = createRandom(seed);
  return rows
    .map((row) => ({ row, key: random() }))
    .toSorted((a, b) => a.key - b.key)
    .slice(0, most)
    .map(({ row }) => row)
    .toSorted((a, b) => a - b);
}
