import { closeSync, fsyncSync, openSync, statSync } from "node:fs";

/** Of every Parquet file of the lake; `slipway_lake` is the version of its columns. */
export const parquetOptions = "FORMAT parquet, COMPRESSION zstd, KV_METADATA {slipway_lake: '1'}";

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
