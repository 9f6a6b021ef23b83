import type { OutputColumn } from "./problem.ts";
import type { Column } from "./scored-rows.ts";

/** Labelled rows, by the names of the lake's columns; all columns have as many rows. */
export interface LabelledRows {
  readonly outputs: readonly OutputColumn[];
  /** Names of the inputs. */
  readonly inputs: readonly string[];
  readonly columns: ReadonlyMap<string, Column>;
  /** What came true, as a label says it; null: unknown. */
  readonly truth: readonly (string | null)[];
  /** The part of time that a row belongs to: 0, 1, 2, ... Null where rows have no time: then stretches of them are taken. */
  readonly blocks: Int32Array | null;
}
