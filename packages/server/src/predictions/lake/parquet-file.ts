import type { NamedType } from "../../platform/lake/lake-db.ts";
import { fixedColumns } from "./columns.ts";
import { closeSync, fsyncSync, openSync, statSync } from "node:fs";

/** Of every Parquet file of predictions and shadows; `slipway_lake` is the version of its columns. */
export function parquetOptions(layout: LakeLayout = 2): string {
  return `FORMAT parquet, COMPRESSION zstd, KV_METADATA {slipway_lake: '${layout}'}`;
}

/** Which fixed columns a file has: the first version knew no arms and no shadows. */
export type LakeLayout = 1 | 2;

/** By the columns in their order: no input or output is a UUID. */
export function layoutOf(columns: readonly NamedType[]): LakeLayout {
  const last = columns[fixedColumns.length - 1];
  return last?.name === "shadow_of" && last.type === "UUID" ? 2 : 1;
}

/** Puts what a task has written on the disk; returns its size. */
export function syncFile(path: string): number {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  return statSync(path).size;
}
