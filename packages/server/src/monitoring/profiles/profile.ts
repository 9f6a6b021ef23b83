import type { DistinctSketch, FrequentItems, Moments, QuantileSketch } from "@slipway/statistics/sketches";
import type { ColumnPlan } from "./column-plan.ts";

/** What is known of one column of some rows. Bounded in size, whatever the rows; two of the same plan can be merged. */
export interface ColumnProfile {
  readonly name: string;
  readonly role: ColumnPlan["role"];
  readonly kind: ColumnPlan["kind"];
  /** Rows that have this column at all: not of an output where none was made, nor of an input that is redacted. */
  readonly count: number;
  /** Of `count`: null, and NaN of inputs. */
  readonly missing: number;
  /** Of `count`: NaN of outputs; in a reference, what is no number in a column of numbers. */
  readonly invalid: number;
  /** Of numbers; they are in no moments and no quantiles, but in the outermost bins. */
  readonly infinite: number;
  /** Finite numbers beyond the plan's range. */
  readonly outOfRange: number;
  /** Not among the plan's categories. */
  readonly unseen: number;
  /** Of finite numbers; null of categories. */
  readonly moments: Moments | null;
  readonly quantiles: QuantileSketch | null;
  /** By the plan (`binCount`); without missing and invalid ones. Null where the plan has no bins. */
  readonly bins: Float64Array | null;
  /** Of categories. Texts longer than 200 characters are cut. */
  readonly frequent: FrequentItems | null;
  readonly distinct: DistinctSketch | null;
}

/** Some traffic of one version, or a reference. */
export interface Profile {
  readonly planId: string;
  /** Predictions that were made, or answered by a fallback: what the columns are of. */
  readonly rows: number;
  /** All, those that failed as well. */
  readonly requests: number;
  /** Requests that were not answered, whosoever's fault. */
  readonly errors: number;
  /** Requests that a fallback answered. */
  readonly fallbacks: number;
  /** Failed requests by code. */
  readonly errorCodes: ReadonlyMap<string, number>;
  /** Milliseconds until the answer, of each request. */
  readonly latency: QuantileSketch;
  readonly columns: readonly ColumnProfile[];
}
