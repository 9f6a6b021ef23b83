import type { Datatype } from "@slipway/runtime";
import type { ColumnSpec } from "../../platform/lake/column-buffer.ts";
import { noSignature } from "./lake-file.ts";

/** The columns that every file of predictions has, in this order. */
export const fixedColumns = [
  { name: "id", type: "UUID" },
  { name: "row", type: "UINTEGER" },
  { name: "rows", type: "UINTEGER" },
  { name: "predicted_at", type: "TIMESTAMP" },
  { name: "model", type: "VARCHAR", nullable: true },
  { name: "version", type: "UINTEGER", nullable: true },
  { name: "digest", type: "VARCHAR", nullable: true },
  { name: "revision", type: "UINTEGER", nullable: true },
  { name: "status", type: "VARCHAR" },
  { name: "pinned", type: "BOOLEAN" },
  { name: "face", type: "VARCHAR" },
  { name: "key", type: "VARCHAR", nullable: true },
  { name: "error_code", type: "VARCHAR", nullable: true },
  { name: "error_message", type: "VARCHAR", nullable: true },
  { name: "fallback", type: "VARCHAR", nullable: true },
  { name: "user_name", type: "VARCHAR", nullable: true },
  { name: "request_id", type: "VARCHAR", nullable: true },
  { name: "trace_id", type: "UUID", nullable: true },
  { name: "parse_us", type: "UINTEGER" },
  { name: "queue_us", type: "UINTEGER" },
  { name: "run_us", type: "UINTEGER" },
  { name: "total_us", type: "UINTEGER" },
  { name: "batch_rows", type: "UINTEGER" },
  { name: "extra", type: "VARCHAR", nullable: true },
  { name: "redacted", type: "VARCHAR", nullable: true },
  { name: "arm", type: "VARCHAR", nullable: true },
  { name: "rule", type: "VARCHAR", nullable: true },
  { name: "propensity", type: "DOUBLE", nullable: true },
  { name: "bucket", type: "UINTEGER", nullable: true },
  { name: "shadow_of", type: "UUID", nullable: true },
] as const satisfies readonly ColumnSpec[];

/** Files of the first version of this layout end before this one. */
export const firstAdded = "arm" satisfies FixedColumn;

export type FixedColumn = (typeof fixedColumns)[number]["name"];

/** Where each fixed column stands. */
export const place = Object.fromEntries(fixedColumns.map(({ name }, i) => [name, i])) as Readonly<
  Record<FixedColumn, number>
>;

/** What one tensor of a record becomes. Columns are given by their place among all columns. */
export interface TensorColumns {
  readonly tensor: string;
  readonly datatype: Datatype;
  readonly side: "input" | "output";
  /**
   * `value`: one column, of lists where a row holds several. `columns`: a matrix, one column a place. `probabilities`: the
   * class, then one column a class. `binary`: the same of the probability of the second. `index`: the name of the class.
   */
  readonly form: "value" | "columns" | "probabilities" | "binary" | "index";
  readonly at: number;
  readonly count: number;
  /** NaN is a missing value. */
  readonly missing: boolean;
  readonly classes: readonly string[];
}

export interface LakeColumns {
  /** The partition: the first 16 hex digits of the SHA-256 of everything below. */
  readonly signature: string;
  readonly batched: boolean;
  /** The fixed ones first. */
  readonly columns: readonly ColumnSpec[];
  readonly tensors: readonly TensorColumns[];
}

export const fixedOnly: LakeColumns = { signature: noSignature, batched: true, columns: fixedColumns, tensors: [] };
