import type { Slice } from "../profiles/index.ts";
import type { ColumnPlan } from "../profiles/index.ts";
import type { Season } from "./calibration.ts";

/** What the process of the lake is given to learn what is usual in slices. */
export interface PartsJob {
  /** The sample of the reference. */
  readonly path: string;
  readonly columns: readonly ColumnPlan[];
  readonly slices: readonly Slice[];
  readonly windowMs: number;
  readonly season: Season;
}

export interface MadePart {
  readonly slice: string;
  readonly column: string;
  /** `encodeProfile`. */
  readonly profile: Uint8Array;
  /** `Calibration` as JSON: a text goes from thread to thread in no time, the objects of a thousand columns do not. */
  readonly calibration: string;
}
