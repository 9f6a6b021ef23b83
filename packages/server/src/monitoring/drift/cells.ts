import { sum } from "./quadratic-form.ts";

/** More categories than this are tested together as one, the rarest first. */
const mostCategories = 64;

/** Which cells of the plan go together in a test; null: each for itself. `counts`: of the reference. */
export function poolCells(kind: "number" | "category", counts: Float64Array): number[] | null {
  if (kind === "number" || counts.length <= mostCategories) return null;
  const others = counts.length - 1;
  const frequent = [...counts.keys()]
    .filter((cell) => cell !== others)
    .sort((a, b) => counts[b]! - counts[a]! || a - b)
    .slice(0, mostCategories - 1);
  const place = new Map(frequent.map((cell, index) => [cell, index]));
  return [...counts.keys()].map((cell) => place.get(cell) ?? mostCategories - 1);
}

export function toCells(bins: Float64Array, pooled: readonly number[] | null): Float64Array {
  if (pooled === null) return bins;
  const cells = new Float64Array(Math.max(...pooled) + 1);
  for (const [cell, count] of bins.entries()) cells[pooled[cell]!]! += count;
  return cells;
}

export function toShares(cells: Float64Array): Float64Array {
  const rows = sum(cells);
  return rows === 0 ? new Float64Array(cells.length) : cells.map((count) => count / rows);
}
