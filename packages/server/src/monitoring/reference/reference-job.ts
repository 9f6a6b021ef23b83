import type { TableFile } from "../../platform/lake/raw-table.ts";
import type { Calibration, Season } from "../drift/calibration.ts";
import type { Estimator } from "../performance/estimator.ts";
import type { CostTable, OutputColumn } from "../performance/problem.ts";
import type { ColumnPlan } from "../profiles/index.ts";

/** Where the rows come from: a file, or the views of the endpoint, whose first rows of a version are taken. */
export type ReferenceOrigin =
  | { readonly kind: "file"; readonly file: TableFile }
  | { readonly kind: "predictions"; readonly model: string; readonly version: number; readonly rows: number };

export interface ColumnHints {
  readonly time: string | null;
  readonly label: string | null;
  /** They are nothing of the model. */
  readonly ignore: readonly string[];
}

/** What the process of the lake is given. */
export interface ReferenceJob {
  readonly origin: ReferenceOrigin;
  /** `monitor.reference`. */
  readonly time: string | null;
  readonly label: string | null;
  /** What an import said of columns, where the file has them. */
  readonly hints: ColumnHints;
  /** As the signature has them: without edges, and with what it says of ranges and categories. */
  readonly columns: readonly ColumnPlan[];
  /** What callers call the inputs and outputs, by their names in the lake, which may have to differ. */
  readonly callerNames: Readonly<Record<string, string>>;
  readonly outputs: readonly OutputColumn[];
  /** The version answers `ask`, so that outputs need not be in the file. */
  readonly canRun: boolean;
  readonly windowMs: number;
  readonly season: Season;
  readonly positive: string | null;
  readonly cost: CostTable | null;
  /** Where the sample goes. */
  readonly samplePath: string;
}

/** Rows that the version is to answer, by the names of its inputs. */
export interface ReferenceQuestion {
  readonly records: readonly Readonly<Record<string, unknown>>[];
}

/** By the names of the lake's columns. Null: the version could not answer. */
export type ReferenceAnswer =
  | { readonly columns: Readonly<Record<string, readonly (number | string | null)[]>> }
  | { readonly failure: string };

/** What was made of it. `plan` and the others are JSON already: whoever keeps them need not look into them. */
export interface MadeReference {
  readonly rows: number;
  readonly planJson: string;
  /** `encodeProfile`, in base64. */
  readonly profile: string;
  readonly time: { readonly column: string; readonly from: number; readonly to: number } | null;
  readonly label: string | null;
  readonly calibration: Calibration;
  readonly estimator: Estimator | null;
  readonly importance: Readonly<Record<string, number>>;
  readonly sampleRows: number;
  readonly notes: readonly string[];
}
