import type { Calibration } from "../drift/calibration.ts";
import type { Estimator } from "../performance/estimator.ts";
import type { Profile, ProfilePlan } from "../profiles/index.ts";
import type { Watched } from "../watched.ts";

/**
 * `training`: `model.training.reference`, or the rows that `slipway.record` left; `mlflow`: a dataset of the version's run that is
 * among its artifacts; `predictions`: the first ones on record.
 */
export type ReferenceSource = "training" | "mlflow" | "predictions";

/** What a version's traffic is compared with. Made once, and replaced where something better comes or the settings change. */
export interface Reference {
  /** UUIDv7 of its making: it changes when it is replaced. */
  readonly id: string;
  readonly watched: Watched;
  readonly source: ReferenceSource;
  /** Something better may come: it is made of the endpoint's own predictions. */
  readonly provisional: boolean;
  /** That were looked at; of larger files these are spread evenly. */
  readonly rows: number;
  /** Milliseconds. */
  readonly createdAt: number;
  readonly plan: ProfilePlan;
  readonly profile: Profile;
  /** The column of the rows' times, and the first and the last of them; null: they have none. */
  readonly time: { readonly column: string; readonly from: number; readonly to: number } | null;
  /** The column of what came true; null: there is none. */
  readonly label: string | null;
  readonly calibration: Calibration;
  /** Null: no output can be held against labels, or there are none. */
  readonly estimator: Estimator | null;
  /** Share of the answers that hangs on each input, 0 to 1; empty where it could not be learned. */
  readonly importance: Readonly<Record<string, number>>;
  readonly sample: ReferenceSample;
  /** Sentences: what could not be done with it, and why. */
  readonly notes: readonly string[];
}

/**
 * At most 50,000 of the rows, a Parquet blob: the inputs and outputs under their names in the lake, and, where they are known,
 * `reference_time` (a timestamp) and `reference_label` (text).
 */
interface ReferenceSample {
  readonly sha256: string;
  readonly rows: number;
}

/** Null: there is none yet. */
export type FindReference = (watched: Watched) => Promise<Reference | null>;
