import type { ColumnPlan } from "../profiles/index.ts";

/** What the process of the lake is given to hold rows against rows. */
export interface ExactJob {
  /** The sample of the reference, Parquet. */
  readonly path: string;
  readonly columns: readonly ColumnPlan[];
  readonly model: string;
  readonly version: number;
  /** Of the predictions, milliseconds, [from, to). */
  readonly from: number;
  readonly to: number;
  /** Of more rows so many are drawn, spread evenly over ids. */
  readonly mostRows: number;
}

export interface ExactResult {
  /** Predictions in the range, before any are drawn. */
  readonly rows: number;
  /** That were tested. */
  readonly tested: number;
  readonly referenceRows: number;
  readonly columns: readonly ColumnTest[];
}

/** One column of two samples. */
export interface ColumnTest {
  readonly name: string;
  readonly role: ColumnPlan["role"];
  readonly kind: ColumnPlan["kind"];
  /** Kolmogorov and Smirnov's of numbers, the chi-square of homogeneity of categories; null: a sample is empty. */
  readonly test: "ks" | "chi_square" | null;
  readonly statistic: number | null;
  readonly p: number | null;
  /** After Benjamini and Hochberg over all columns. */
  readonly pAdjusted: number | null;
  /** Of numbers Wasserstein's distance in standard deviations of the reference, of categories the total variation. */
  readonly effect: number | null;
  readonly jensenShannon: number | null;
  readonly psi: number | null;
  /** What Evidently 0.7.21 says by itself; null where it would refuse. */
  readonly evidently: { readonly test: string; readonly score: number; readonly drifted: boolean } | null;
  /** With a value. */
  readonly rows: number;
  readonly referenceRows: number;
}
