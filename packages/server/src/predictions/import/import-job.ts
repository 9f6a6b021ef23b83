import type { PredictionImportColumns } from "@slipway/contract";
import type { TableFile } from "../../platform/lake/raw-table.ts";

/** What the process of the lake is given. */
export interface ImportTask {
  readonly file: TableFile;
  readonly columns: PredictionImportColumns;
  readonly positive?: string | undefined;
  /** Rows without times are spread over it, milliseconds. */
  readonly spread: { readonly from: number; readonly to: number } | null;
  readonly skipBad: boolean;
  readonly endpoint: string;
  /** Parquet files of the endpoint, as `lake_files` lists them. */
  readonly known: readonly string[];
  /** Milliseconds. */
  readonly now: number;
  /** Where the instance of the log is made; its name is a time and `tail`, the end of a UUIDv7. */
  readonly folder: string;
  readonly tail: string;
  /** Where labels go, as a Parquet file of prediction, value and observed_at. */
  readonly labels: string;
}

/** The version whose rows they are. */
export interface ImportAnswer {
  readonly model: string;
  readonly version: number;
  readonly revision: number | null;
}
