import type { Slice } from "../profiles/slices.ts";
import type { Estimator } from "./estimator.ts";
import type { SliceOfWindow } from "./measure-window.ts";
import type { CostTable, OutputColumn } from "./problem.ts";

/** How one version is measured. */
export interface VersionPlan {
  readonly outputs: readonly OutputColumn[];
  readonly estimator: Estimator | null;
  readonly positive: string | null;
  readonly cost: CostTable | null;
  readonly slices: readonly Slice[];
  readonly groups: readonly string[];
  readonly maturity: number;
  readonly horizonMs: number | null;
  readonly missing: string | null;
  /** Changes with everything above. */
  readonly salt: string;
  /** What was measured before, by the start of the window. */
  readonly known: Readonly<Record<string, { readonly fingerprint: string; readonly rows: number }>>;
}

export interface MeasureInput {
  readonly windowMs: number;
  /** Windows that ended at this time or earlier. */
  readonly until: number;
  readonly now: number;
  /** Windows that one run measures. */
  readonly most: number;
}

/** Asked of the parent, who answers with a VersionPlan, or null where the version is not to be looked at. */
export interface VersionQuestion {
  readonly model: string;
  readonly version: number;
}

export interface MeasuredWindow extends VersionQuestion {
  readonly from: number;
  readonly to: number;
  readonly fingerprint: string;
  /** The whole traffic first. */
  readonly slices: readonly SliceOfWindow[];
}

export interface MeasureOutput {
  readonly windows: readonly MeasuredWindow[];
  /** There are more that have changed. */
  readonly more: boolean;
}
