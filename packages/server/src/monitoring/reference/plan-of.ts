import { createProfilePlan, type ColumnPlan, type ProfilePlan } from "../profiles/column-plan.ts";
import type { ReferenceRows } from "./reference-rows.ts";

/** Bins of a column of numbers: as many equal parts of the reference. */
const numberBins = 20;
/** So few different numbers have a bin each. */
const fewNumbers = 20;
/** Of texts these are counted one by one, the others together. */
const mostCategories = 200;
/** How far beyond the reference, as a share of its span, a number is still no surprise. */
const slack = 0.1;

/** The columns of the signature with the bins and the categories that these rows have. */
export function planOf(columns: readonly ColumnPlan[], rows: ReferenceRows): ProfilePlan {
  return createProfilePlan(
    columns.map((column) => {
      const values = rows.columns.get(column.name);
      if (values === undefined) return column;
      if (values instanceof Float64Array) {
        const sorted = values.filter(Number.isFinite).toSorted();
        return { ...column, edges: findEdges(sorted), range: column.range ?? findRange(sorted) };
      }
      return { ...column, categories: findCategories(values, column.categories) };
    }),
  );
}

/**
 * Inner edges at the quantiles, or between each two of few different values, and the least and the greatest value outside of them.
 * @param sorted finite numbers, ascending
 * @returns null where there is no number
 */
export function findEdges(sorted: Float64Array): Float64Array | null {
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (first === undefined || last === undefined) return null;
  // One value alone has a bin of its own, and what is below and above has others.
  if (first === last) return Float64Array.of(...around(first));
  const distinct = listDistinct(sorted, fewNumbers + 1);
  const inner =
    distinct.length <= fewNumbers
      ? distinct.slice(1).map((value, i) => (value + distinct[i]!) / 2)
      : Array.from({ length: numberBins - 1 }, (_, i) => sorted[Math.floor(((i + 1) * sorted.length) / numberBins)]!);
  const edges = [first, ...inner, last].filter((edge, i, all) => i === 0 || edge > all[i - 1]!);
  return Float64Array.from(new Set(edges)).toSorted();
}

function around(value: number): [number, number] {
  const step = Math.max(Math.abs(value) * 1e-9, Number.MIN_VALUE * 4);
  return [value - step, value + step];
}

/** At most `most` of them. */
function listDistinct(sorted: Float64Array, most: number): number[] {
  const found: number[] = [];
  for (const value of sorted) {
    if (value === found.at(-1)) continue;
    found.push(value);
    if (found.length === most) break;
  }
  return found;
}

function findRange(sorted: Float64Array): readonly [number, number] | null {
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (first === undefined || last === undefined) return null;
  const room = slack * (last - first) || Math.abs(last) * slack;
  // What is never below 0 is no number that could be.
  return [first >= 0 ? Math.max(0, first - room) : first - room, last <= 0 ? Math.min(0, last + room) : last + room];
}

/** The known ones, then the most frequent of the others. */
function findCategories(values: readonly (string | null)[], known: readonly string[] | null): readonly string[] {
  const counts = new Map<string, number>();
  for (const value of values) if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1);
  const named = known ?? [];
  const others = [...counts]
    .filter(([text]) => !named.includes(text))
    .toSorted(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  return [...named, ...others.slice(0, Math.max(0, mostCategories - named.length)).map(([text]) => text)];
}
