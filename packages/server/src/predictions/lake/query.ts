/** A question of a user. */
export interface LakeQuery {
  readonly endpoint: string;
  /** One statement that reads: SELECT, WITH, FROM, DESCRIBE, SUMMARIZE. */
  readonly sql: string;
  readonly format: "json" | "csv" | "parquet";
  /** Most rows of the result; 10,000 for JSON, 5,000,000 otherwise. */
  readonly limit?: number | undefined;
  /** 30 s; the flush before does not count. */
  readonly timeoutMs?: number | undefined;
  /** Narrows the views by time of arrival, milliseconds. */
  readonly since?: number | null | undefined;
  readonly until?: number | null | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface QueryResult {
  /** The whole answer, in the format asked for; the caller removes it. */
  readonly path: string;
  readonly bytes: number;
  readonly rows: number;
  /** There were more rows than the limit. */
  readonly truncated: boolean;
}
