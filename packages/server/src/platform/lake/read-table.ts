import { SlipwayError } from "@slipway/contract";
import { extname } from "node:path";
import type { Lake } from "./lake.ts";
import { LakeError } from "./lake-error.ts";

export interface TableColumn {
  readonly name: string;
  /** DuckDB's name of the type: VARCHAR, BIGINT, DOUBLE, ... */
  readonly type: string;
}

/** The first rows of a file, and how many there are. */
export interface TableSample {
  readonly columns: readonly TableColumn[];
  /** In the order of `columns`. JSON-safe: NaN is null, integers beyond 2^53 are strings, times RFC 3339. */
  readonly rows: readonly (readonly unknown[])[];
  readonly total: number;
}

export interface ReadTableOptions {
  /** Rows that are wanted; all are counted. */
  readonly limit: number;
  /** 60 s. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

const script = new URL(`./read-table-task${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);
const readers: Readonly<Record<string, string>> = {
  ".csv": "read_csv",
  ".tsv": "read_csv",
  ".json": "read_json",
  ".jsonl": "read_json",
  ".ndjson": "read_json",
  ".parquet": "read_parquet",
};

/** DuckDB's function for a file of this name. @throws SlipwayError `invalid_file` */
export function tableReader(path: string): string {
  const reader = readers[extname(path).toLowerCase()];
  if (reader !== undefined) return reader;
  const known = Object.keys(readers).join(", ");
  throw new SlipwayError("invalid_file", `${path} is not a table that can be read; these can: ${known}.`, { path });
}

/** Reads a table of records from a file. @throws SlipwayError `invalid_file` */
export async function readTable(lake: Lake, path: string, options: ReadTableOptions): Promise<TableSample> {
  const { limit, timeoutMs = 60_000, signal } = options;
  const input: ReadTableInput = { path, reader: tableReader(path), limit };
  try {
    return await lake.run<TableSample>({ module: script, input }, { timeoutMs, ...(signal && { signal }) });
  } catch (error) {
    if (!(error instanceof LakeError)) throw error;
    throw new SlipwayError("invalid_file", `${path} cannot be read as a table: ${error.message}`, { path });
  }
}

export interface ReadTableInput {
  readonly path: string;
  readonly reader: string;
  readonly limit: number;
}
