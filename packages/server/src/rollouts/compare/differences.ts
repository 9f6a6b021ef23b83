import { kolmogorovSmirnov, wasserstein } from "@slipway/statistics";
import { numbersOf, type PairedOutput, type Pairs, type Value } from "./pairs.ts";

export interface Tolerance {
  readonly absolute: number;
  readonly relative: number;
}

/** How far the answers of two versions are apart in one column. */
export interface ColumnDifference {
  /** The output, or the probability of one class. */
  readonly output: string;
  readonly kind: "class" | "number";
  /** Rows that both answered. */
  readonly rows: number;
  readonly different: number;
  /** Of numbers, b less a; else null. */
  readonly meanDifference: number | null;
  readonly meanAbsolute: number | null;
  readonly maxAbsolute: number | null;
  /** Between the two distributions, in the unit of the output. */
  readonly wasserstein: number | null;
  /** The largest difference of the two distribution functions, 0 to 1. */
  readonly ks: number | null;
}

export interface Flip {
  readonly from: string;
  readonly to: string;
  readonly rows: number;
}

/** Every column of an output. */
export function columnsOf({ name, kind, probabilities }: PairedOutput): { name: string; kind: "class" | "number" }[] {
  const own = { name, kind: kind === "number" || kind === "integer" ? ("number" as const) : ("class" as const) };
  return [own, ...probabilities.map((column) => ({ name: column, kind: "number" as const }))];
}

export function compareColumn(
  pairs: Pairs,
  { name, kind }: { readonly name: string; readonly kind: "class" | "number" },
  tolerance: Tolerance,
): ColumnDifference {
  const differs = createDiffers(pairs, { name, kind }, tolerance);
  let different = 0;
  for (let i = 0; i < pairs.n; i++) if (differs(i)) different++;
  const base = { output: name, kind, rows: pairs.n, different };
  if (kind === "class")
    return { ...base, meanDifference: null, meanAbsolute: null, maxAbsolute: null, wasserstein: null, ks: null };
  const a = numbersOf(pairs.a, name, pairs.n);
  const b = numbersOf(pairs.b, name, pairs.n);
  let [n, sum, absolute, most] = [0, 0, 0, 0];
  for (let i = 0; i < pairs.n; i++) {
    const d = b[i]! - a[i]!;
    if (!Number.isFinite(d)) continue;
    n++;
    sum += d;
    absolute += Math.abs(d);
    most = Math.max(most, Math.abs(d));
  }
  const isKnown = n > 0;
  return {
    ...base,
    meanDifference: isKnown ? sum / n : null,
    meanAbsolute: isKnown ? absolute / n : null,
    maxAbsolute: isKnown ? most : null,
    wasserstein: isKnown ? wasserstein(finite(a), finite(b)) : null,
    ks: isKnown ? kolmogorovSmirnov(finite(a), finite(b), "asymptotic").statistic : null,
  };
}

function finite(values: Float64Array): Float64Array {
  return values.filter((value) => Number.isFinite(value));
}

/** Whether both answer a row alike: the same class, or numbers within the tolerance. A missing answer is like another missing one. */
export function createDiffers(
  { a, b }: Pairs,
  { name, kind }: { readonly name: string; readonly kind: "class" | "number" },
  { absolute, relative }: Tolerance,
): (row: number) => boolean {
  const [left, right] = [a.get(name) ?? [], b.get(name) ?? []];
  return (row) => {
    const [x, y] = [left[row] ?? null, right[row] ?? null];
    if (kind === "class" || typeof x !== "number" || typeof y !== "number") return x !== y;
    return !(Math.abs(y - x) <= absolute + relative * Math.abs(x));
  };
}

/** How far a row of a main output is apart, for the examples: of classes with probabilities the largest of their differences. */
export function createDistance({ a, b }: Pairs, { name, kind, probabilities }: PairedOutput): (row: number) => number {
  const numbers = kind === "number" || kind === "integer" ? [name] : probabilities;
  return (row) => {
    const apart = numbers.map((column) => Math.abs(toNumber(b.get(column)?.[row]) - toNumber(a.get(column)?.[row])));
    const largest = Math.max(0, ...apart.filter((each) => Number.isFinite(each)));
    return largest + Number(kind !== "number" && a.get(name)?.[row] !== b.get(name)?.[row]);
  };
}

function toNumber(value: Value | undefined): number {
  return typeof value === "number" ? value : Number.NaN;
}

/** From which class to which, the most frequent first. */
export function listFlips({ n, a, b }: Pairs, name: string): Flip[] {
  const counts = new Map<string, Flip>();
  for (let i = 0; i < n; i++) {
    const [from, to] = [String(a.get(name)?.[i] ?? null), String(b.get(name)?.[i] ?? null)];
    if (from === to) continue;
    const key = JSON.stringify([from, to]);
    counts.set(key, { from, to, rows: (counts.get(key)?.rows ?? 0) + 1 });
  }
  return [...counts.values()].toSorted((x, y) => y.rows - x.rows).slice(0, 20);
}
