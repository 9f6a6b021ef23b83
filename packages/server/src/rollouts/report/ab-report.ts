import type { SplitArm } from "./split.ts";

/** What can be said of one arm against another: proven better, proven worse, not decided, nothing to look at, could not be looked at. */
type AbOutcome = "better" | "worse" | "undecided" | "no_data" | "error";

export interface AbArm extends SplitArm {
  /** Compared: those that met this arm alone, by the buckets. */
  readonly units: number;
  readonly rows: number;
}

interface AbMean {
  readonly arm: string;
  readonly units: number;
  /** What the mean is taken over: units, or what was counted of them. */
  readonly n: number;
  readonly mean: number | null;
}

export interface AbComparison {
  readonly arm: string;
  readonly versus: string;
  readonly outcome: AbOutcome;
  readonly message: string;
  /** `arm` less `versus`, in the metric's unit. */
  readonly estimate: number | null;
  /** Holds at all looks together, at `alpha` of the metric. */
  readonly interval: readonly [low: number, high: number] | null;
  /** The same as shares of `versus`. */
  readonly relative: number | null;
  readonly relativeInterval: readonly [low: number, high: number] | null;
  readonly p: number | null;
}

export interface AbMetricReport {
  readonly metric: string;
  readonly better: "lower" | "higher";
  /** This metric's and comparison's part of the report's. */
  readonly alpha: number;
  readonly means: readonly AbMean[];
  readonly comparisons: readonly AbComparison[];
}

/** Something without which the figures mean nothing, or less. */
export interface AbProblem {
  readonly kind: "sample_ratio" | "mixed_units" | "without_unit" | "label_share";
  readonly message: string;
}

export interface AbReport {
  readonly endpoint: string;
  readonly model: string;
  /** What stays with one arm; null: each request by itself. */
  readonly unit: string | null;
  /** Milliseconds. */
  readonly from: number;
  readonly to: number;
  /** The traffic is still divided like this. */
  readonly running: boolean;
  readonly revisions: readonly [first: number, last: number];
  readonly alpha: number;
  /** What the others are compared with comes first. */
  readonly arms: readonly AbArm[];
  /** Units that met more than one arm; they are not compared. */
  readonly mixedUnits: number;
  /** Rows without a unit, and rows that a rule sent; they are not compared. */
  readonly rowsWithoutUnit: number;
  readonly rowsByRule: number;
  /** That the units did not come with the shares of the arms; null: no unit came. */
  readonly sampleRatioP: number | null;
  readonly problems: readonly AbProblem[];
  readonly metrics: readonly AbMetricReport[];
  /** In words. */
  readonly summary: string;
}
