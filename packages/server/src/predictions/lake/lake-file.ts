/** A signature of records that name no version, or did not parse: they have the fixed columns only. `none` had fewer of these. */
export const noSignature = "none-2";

/** `shadows`: what was answered once more for nobody. In files of its own, so that nobody who reads predictions can count it. */
export type RowsKind = "predictions" | "shadows";

/** What a Parquet file of the lake is: one partition's rows of some stretch of the log. */
export interface NewLakeFile {
  readonly kind: RowsKind | "labels";
  readonly endpoint: string;
  /** First 16 hex digits of the SHA-256 of the columns' JSON (`toColumns`); `none-2` for the fixed columns alone. */
  readonly signature: string;
  /** Of arrival, UTC: `2026-11-22`. */
  readonly day: string;
  readonly rows: number;
  readonly bytes: number;
  /** Milliseconds, inclusive. */
  readonly minAt: number;
  readonly maxAt: number;
}

export interface LakeFile extends NewLakeFile {
  /** UUIDv7; the file's name. */
  readonly id: string;
  /** Below the lake's folder, with slashes. */
  readonly path: string;
  readonly createdAt: number;
}

/** A file as a task has written it, fsynced, under a name that nobody counts yet. */
export interface WrittenFile extends NewLakeFile {
  /** Absolute, in the lake's `tmp`. */
  readonly tempPath: string;
}

/** Which files. All that is left out is not asked for. */
export interface LakeFileFilter {
  readonly kind?: LakeFile["kind"];
  readonly endpoint?: string;
  /** Milliseconds: files that may hold rows of this time, from (inclusive) and to (exclusive). */
  readonly since?: number | null;
  readonly until?: number | null;
}

/** Where a file of the lake goes. Endpoint names are safe in paths; what is none is made so. */
export function toLakePath(file: NewLakeFile, id: string): string {
  const endpoint = encodeURIComponent(file.endpoint).replace(/^\./, "%2E") || "%00";
  const kind = file.kind === "predictions" ? "" : `${file.kind}/`;
  return `${kind}${endpoint}/${file.signature}/${file.day}/${id}.parquet`;
}
