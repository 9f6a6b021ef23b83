import type { LogBytes } from "@slipway/runtime/log";
import type { LakeColumns } from "./messages.ts";
import type { NumbersAt } from "./read-numbers.ts";

export type TensorColumns = LakeColumns["tensors"][number];

/** Rows of a record that go into the columns from `base` on: `count` of its `rows`, from `row` on. */
export interface LaneRows {
  base: number;
  row: number;
  count: number;
  rows: number;
  /** False where what answered was not the model. */
  hasOutputs: boolean;
}

/** One tensor of a record. One object is filled again and again: this runs for every prediction there is. */
export interface TensorSource extends NumbersAt {
  log: LogBytes;
  rows: LaneRows;
  /** Elements of a row. */
  width: number;
}

/** Reads one tensor into its columns; false where it does not have their shape. */
export type ReadTensor = (source: TensorSource) => boolean;
