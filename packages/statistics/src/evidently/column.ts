import { finiteNumbers, sortNumbers } from "../sort.ts";

export type EvidentlyCategory = string | number | boolean;

/** A column of both samples as Evidently cleans it: what is missing or infinite is gone. */
export type EvidentlyColumn = NumberColumn | CategoryColumn;

interface Levels {
  /** Levels of both, ascending. */
  readonly keys: readonly EvidentlyCategory[];
  readonly reference: Float64Array;
  readonly current: Float64Array;
}

interface BothSamples<Value> {
  readonly reference: ArrayLike<Value>;
  readonly current: ArrayLike<Value>;
  readonly levels: () => Levels;
  /** Distinct values of both together. */
  readonly distinct: number;
}

export interface NumberColumn extends BothSamples<number> {
  readonly kind: "number";
  readonly sortedReference: Float64Array;
  readonly sortedCurrent: Float64Array;
  readonly distinctInReference: number;
}

export interface CategoryColumn extends BothSamples<EvidentlyCategory> {
  readonly kind: "category";
}

/** @throws RangeError where nothing is left of a sample, as Evidently does */
export function toNumberColumn(reference: ArrayLike<number>, current: ArrayLike<number>): NumberColumn {
  const kept = { reference: finiteNumbers(reference), current: finiteNumbers(current) };
  requireValues(kept.reference.length, kept.current.length);
  const sortedReference = sortNumbers(kept.reference);
  const sortedCurrent = sortNumbers(kept.current);
  return {
    kind: "number",
    ...kept,
    sortedReference,
    sortedCurrent,
    distinct: countDistinct(sortedReference, sortedCurrent),
    distinctInReference: countDistinct(sortedReference, new Float64Array()),
    levels: () => levelsOfSorted(sortedReference, sortedCurrent),
  };
}

/** @throws RangeError where nothing is left of a sample, as Evidently does */
export function toCategoryColumn(
  reference: ArrayLike<EvidentlyCategory | null | undefined>,
  current: ArrayLike<EvidentlyCategory | null | undefined>,
): CategoryColumn {
  const kept = { reference: present(reference), current: present(current) };
  requireValues(kept.reference.length, kept.current.length);
  const levels = countLevels(kept.reference, kept.current);
  return { kind: "category", ...kept, distinct: levels.keys.length, levels: () => levels };
}

function requireValues(reference: number, current: number): void {
  if (reference > 0 && current > 0) return;
  const which = reference === 0 ? "reference" : "current";
  throw new RangeError(
    `The column has no values in the ${which} sample; Evidently's drift needs at least one in both.`,
  );
}

function present(values: ArrayLike<EvidentlyCategory | null | undefined>): readonly EvidentlyCategory[] {
  const isPresent = (value: EvidentlyCategory | null | undefined): value is EvidentlyCategory =>
    value !== null && value !== undefined && (typeof value !== "number" || Number.isFinite(value));
  return Array.isArray(values) ? values.filter(isPresent) : Array.from(values).filter(isPresent);
}

function countLevels(reference: readonly EvidentlyCategory[], current: readonly EvidentlyCategory[]): Levels {
  const places = new Map<EvidentlyCategory, number>();
  const counts = [reference, current].map((values) => {
    const own: number[] = [];
    for (const value of values) {
      let place = places.get(value);
      if (place === undefined) places.set(value, (place = places.size));
      own[place] = (own[place] ?? 0) + 1;
    }
    return own;
  });
  const order = [...places].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const ordered = (own: number[]) => Float64Array.from(order, ([, place]) => own[place] ?? 0);
  return { keys: order.map(([key]) => key), reference: ordered(counts[0]!), current: ordered(counts[1]!) };
}

function levelsOfSorted(reference: Float64Array, current: Float64Array): Levels {
  const keys: number[] = [];
  const counts: [number[], number[]] = [[], []];
  let [i, j] = [0, 0];
  while (i < reference.length || j < current.length) {
    const value = j >= current.length || reference[i]! <= current[j]! ? reference[i]! : current[j]!;
    const [fromI, fromJ] = [i, j];
    while (reference[i] === value) i++;
    while (current[j] === value) j++;
    keys.push(value);
    counts[0].push(i - fromI);
    counts[1].push(j - fromJ);
  }
  return { keys, reference: Float64Array.from(counts[0]), current: Float64Array.from(counts[1]) };
}

function countDistinct(a: Float64Array, b: Float64Array): number {
  let [i, j, distinct] = [0, 0, 0];
  while (i < a.length || j < b.length) {
    const value = j >= b.length || a[i]! <= b[j]! ? a[i]! : b[j]!;
    while (a[i] === value) i++;
    while (b[j] === value) j++;
    distinct++;
  }
  return distinct;
}
