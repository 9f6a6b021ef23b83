import type { ColumnCalibration, ColumnReference } from "./calibration.ts";
import { toCells, toShares } from "./cells.ts";
import { toScore } from "./cumulants.ts";
import { effectiveRows, independentCumulants, mixedCumulants } from "./null-law.ts";
import { sum, toShift } from "./quadratic-form.ts";

export interface ColumnScore {
  /** Rows with a value. */
  readonly rows: number;
  /** What the window was compared with. */
  readonly reference: ColumnReference;
  /** Shares of the cells of the test. */
  readonly shares: Float64Array;
  /** The statistic, in the place of a standard normal value: 0 is usual, 3 is rare. */
  readonly score: number;
}

/** How unusual the counts of a window are for this column alone; null where there are none. `season`: the window's, or "". */
export function scoreColumn(column: ColumnCalibration, bins: Float64Array, season: string): ColumnScore | null {
  const reference = column.references[season] ?? column.references[""];
  const rows = sum(bins);
  if (reference === undefined || rows === 0 || reference.rows === 0) return null;
  const shares = toShares(toCells(bins, column.pooled));
  const usual = Float64Array.from(reference.shares);
  const difference = shares.map((share, cell) => share - usual[cell]!);
  const [distance] = toShift({ shares: usual, ordered: column.kind === "number" }, difference);
  const size = effectiveRows(rows, reference.rows);
  const base = independentCumulants(reference, rows);
  const law = column.between === null ? base : mixedCumulants(base, size, column.between);
  return { rows, reference, shares, score: Math.min(1e6, toScore(size * distance, law)) };
}
