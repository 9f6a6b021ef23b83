import type { ColumnProfile } from "../profiles/index.ts";

/** What is counted of a column; a whole `ColumnProfile` is one. */
export type CountedColumn = Pick<ColumnProfile, "name" | "bins" | "count" | "missing" | "unseen" | "outOfRange">;

/** A window's worth of the reference. */
export interface CalibrationBlock {
  /** Where the window begins. */
  readonly at: number;
  readonly columns: readonly CountedColumn[];
}
