import type { CalibrationBlock, CountedColumn } from "../drift/calibrate.ts";
import { findBin, type ColumnPlan, type ProfilePlan } from "../profiles/column-plan.ts";
import type { ReferenceRows } from "./reference-rows.ts";

type Counting = { -readonly [K in keyof CountedColumn]: CountedColumn[K] };

/** The rows cut into windows by their own time, and what is counted of each; none where they have no times. */
export function blocksOf(plan: ProfilePlan, rows: ReferenceRows, windowMs: number): CalibrationBlock[] {
  const places = placesOf(rows, windowMs);
  if (places === null) return [];
  const starts = [...new Set(places)].filter((at) => !Number.isNaN(at)).toSorted((a, b) => a - b);
  const numberOf = new Map(starts.map((at, i) => [at, i]));
  const block = Int32Array.from(places, (at) => numberOf.get(at) ?? -1);
  const columns = plan.columns.flatMap((column) => {
    const values = rows.columns.get(column.name);
    return values === undefined ? [] : [count(column, values, { block, blocks: starts.length })];
  });
  return starts.map((at, i) => ({ at, columns: columns.map((counted) => counted[i]!) }));
}

const dayMs = 86_400_000;
/** Windows of these lengths, where those of the monitor hold too few rows of the reference. */
const longer = [3_600_000, 6 * 3_600_000, dayMs, 7 * dayMs, 30 * dayMs];
const enoughRows = 100;
const enoughBlocks = 6;

/**
 * How long the blocks are: as the windows of the monitor, where the median of them holds enough rows, else longer. A reference is
 * often a part of the traffic, and parts of an hour that hold nothing tell nothing; how much days differ is the better guess then.
 */
export function chooseBlockMs({ times }: ReferenceRows, windowMs: number): number {
  if (times === null) return windowMs;
  for (const length of [windowMs, ...longer.filter((each) => each > windowMs)]) {
    const counts = new Map<number, number>();
    for (const at of times) {
      const block = Math.floor(at / length);
      if (!Number.isNaN(block)) counts.set(block, (counts.get(block) ?? 0) + 1);
    }
    const sorted = [...counts.values()].toSorted((a, b) => a - b);
    if (sorted.length < enoughBlocks) return windowMs;
    if ((sorted[sorted.length >> 1] ?? 0) >= enoughRows) return length;
  }
  return windowMs;
}

/** Where the window of each row begins. */
export function placesOf({ times }: ReferenceRows, windowMs: number): Float64Array | null {
  return times && times.map((at) => Math.floor(at / windowMs) * windowMs);
}

interface Cut {
  /** Of each row; -1: none. */
  readonly block: Int32Array;
  readonly blocks: number;
}

/** As a profile counts. */
function count(
  plan: ColumnPlan,
  values: Float64Array | readonly (string | null)[],
  { block, blocks }: Cut,
): CountedColumn[] {
  const { name, edges, categories, range } = plan;
  const size = plan.kind === "number" ? edges && edges.length + 1 : categories && categories.length + 1;
  const found = Array.from({ length: blocks }, (): Counting => ({
    name,
    bins: size === null ? null : new Float64Array(size),
    count: 0,
    missing: 0,
    unseen: 0,
    outOfRange: 0,
  }));
  const places = new Map(categories?.map((text, i) => [text, i]));
  for (let i = 0; i < values.length; i++) {
    const at = found[block[i]!];
    const value = values[i];
    if (at === undefined || value === undefined) continue;
    at.count++;
    if (value === null || (typeof value === "number" && Number.isNaN(value))) at.missing++;
    else if (typeof value === "number") {
      if (range !== null && (value < range[0] || value > range[1]) && Number.isFinite(value)) at.outOfRange++;
      if (edges !== null) at.bins![findBin(edges, value)]!++;
    } else if (categories !== null) {
      const place = places.get(value) ?? categories.length;
      if (place === categories.length) at.unseen++;
      at.bins![place]!++;
    }
  }
  return found;
}
