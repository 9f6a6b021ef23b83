/**
 * One column of n rows. Numbers: NaN is missing. Categories: whole codes from 0, below 0 is missing; what a code means is
 * the caller's (see encodeCategories).
 */
export type FeatureColumn =
  | { readonly kind: "number"; readonly values: ArrayLike<number> }
  | { readonly kind: "category"; readonly codes: ArrayLike<number> };

/**
 * How a column becomes small whole numbers, plain JSON. A number's bin is how many `edges` are below it; a category's bin
 * is its place in `codes`. The bin after the last is what is missing or was not seen.
 */
export type FeatureBins =
  | { readonly kind: "number"; readonly edges: readonly number[] }
  | { readonly kind: "category"; readonly codes: readonly number[] };

/** With the bin for missing values there are at most 256, so that a bin is a byte. */
export const MOST_BINS = 255;
const SAMPLE = 200_000;

export function lengthOf(column: FeatureColumn): number {
  return column.kind === "number" ? column.values.length : column.codes.length;
}

/** Bins that hold values: the one for missing values is not counted. */
export function sizeOf(bins: FeatureBins): number {
  return bins.kind === "number" ? bins.edges.length + 1 : bins.codes.length;
}

/**
 * Bins of a training column. Numbers: between all distinct values where they are few, else of equally many rows (from at
 * most 200,000 rows, evenly taken). Categories: the most frequent have a bin each, the rest count as missing.
 */
export function makeBins(column: FeatureColumn, most: number = MOST_BINS): FeatureBins {
  if (column.kind === "category") return { kind: "category", codes: frequentCodes(column.codes, most) };
  const sorted = sampled(column.values).sort();
  const edges: number[] = [];
  const distinct = distinctUpTo(sorted, most + 1);
  if (distinct.length <= most) {
    for (let i = 1; i < distinct.length; i++) edges.push(between(distinct[i - 1]!, distinct[i]!));
    return { kind: "number", edges };
  }
  for (let i = 1; i < most; i++) {
    const at = Math.floor((i * sorted.length) / most);
    const edge = between(sorted[at - 1]!, sorted[at]!);
    if (edges.length === 0 || edge > edges.at(-1)!) edges.push(edge);
  }
  return { kind: "number", edges };
}

/** n bytes: the bin of each row. */
export function applyBins(bins: FeatureBins, column: FeatureColumn): Uint8Array {
  if (bins.kind === "number" && column.kind === "number") return numberBins(bins.edges, column.values);
  if (bins.kind === "category" && column.kind === "category") return categoryBins(bins.codes, column.codes);
  throw new RangeError(`A column of kind ${column.kind} was given where the model was trained on a ${bins.kind}.`);
}

/** A finite number with low <= it < high (JSON has no others); of equal ones they themselves. */
function between(low: number, high: number): number {
  const middle = low / 2 + high / 2;
  return Math.max(-Number.MAX_VALUE, middle < high ? Math.max(low, middle) : low);
}

function sampled(values: ArrayLike<number>): Float64Array {
  const step = Math.max(1, values.length / SAMPLE);
  const kept = new Float64Array(Math.ceil(values.length / step));
  let size = 0;
  for (let i = 0; i < values.length; i += step) {
    const value = values[Math.floor(i)]!;
    if (!Number.isNaN(value)) kept[size++] = value;
  }
  return kept.subarray(0, size);
}

function distinctUpTo(sorted: Float64Array, most: number): number[] {
  const distinct: number[] = [];
  for (const value of sorted) {
    if (distinct.length > 0 && value === distinct.at(-1)) continue;
    distinct.push(value);
    if (distinct.length === most) break;
  }
  return distinct;
}

function numberBins(edges: readonly number[], values: ArrayLike<number>): Uint8Array {
  const result = new Uint8Array(values.length);
  const limits = Float64Array.from(edges);
  const missing = limits.length + 1;
  for (let i = 0; i < result.length; i++) {
    const value = values[i]!;
    let low = 0;
    let high = limits.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (value > limits[middle]!) low = middle + 1;
      else high = middle;
    }
    result[i] = Number.isNaN(value) ? missing : low;
  }
  return result;
}

function categoryBins(codes: readonly number[], values: ArrayLike<number>): Uint8Array {
  const places = new Map(codes.map((code, place) => [code, place]));
  return Uint8Array.from(values, (code) => places.get(code) ?? codes.length);
}

function frequentCodes(codes: ArrayLike<number>, most: number): number[] {
  const counts = new Map<number, number>();
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]!;
    if (code >= 0) counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  const ranked = [...counts].toSorted(([a, m], [b, n]) => n - m || a - b);
  return ranked
    .slice(0, most)
    .map(([code]) => code)
    .toSorted((a, b) => a - b);
}

/**
 * Codes of texts: their place in `known`; -1 for null and for what is not in it.
 * @param known null: the distinct texts, sorted.
 */
export function encodeCategories(
  values: readonly (string | null)[],
  known: readonly string[] | null = null,
): { readonly codes: Int32Array; readonly known: readonly string[] } {
  const names = known ?? [...new Set(values.filter((value) => value !== null))].toSorted();
  const places = new Map(names.map((name, place) => [name, place]));
  return { codes: Int32Array.from(values, (value) => (value === null ? -1 : (places.get(value) ?? -1))), known: names };
}
