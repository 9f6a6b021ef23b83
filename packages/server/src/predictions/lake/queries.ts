import { SlipwayError } from "@slipway/contract";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { createId } from "../../kernel/ids.ts";
import { type Lake, LakeError } from "../../platform/lake/index.ts";
import type { LakeFile, LakeFileFilter, RowsKind } from "./lake-file.ts";
import type { LakeQuery, QueryResult } from "./query.ts";
import type { QueryAnswer, QueryInput } from "./query-task.ts";
import type { ViewFiles } from "./views.ts";

export interface QueryDeps {
  /** Of the lake. */
  readonly folder: string;
  readonly tempFolder: string;
  readonly reader: Lake;
  readonly flush: () => Promise<void>;
  readonly withFiles: <T>(filter: LakeFileFilter, fn: (files: readonly LakeFile[]) => Promise<T>) => Promise<T>;
}

export const defaultLimits = { json: 10_000, csv: 5_000_000, parquet: 5_000_000 } as const;
export const defaultTimeoutMs = 30_000;
const mostBytes = 32 * 2 ** 20;
const module = new URL(`./query-task${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

export function createQueries(deps: QueryDeps): (query: LakeQuery) => Promise<QueryResult> {
  return async (query) => {
    await deps.flush();
    const { endpoint, sql, format, signal } = query;
    const timeoutMs = query.timeoutMs ?? defaultTimeoutMs;
    const path = join(deps.tempFolder, `query-${createId()}.${format}`);
    try {
      return await deps.withFiles({ endpoint }, async (files) => {
        const limit = Math.min(query.limit ?? defaultLimits[format], defaultLimits.parquet);
        const shown = toViewFiles(deps.folder, files, query);
        const input: QueryInput = { files: shown, sql, format, limit, mostBytes, path };
        const answer = await deps.reader.run<QueryAnswer>(
          { module, input },
          { timeoutMs, ...(signal === undefined ? {} : { signal }) },
        );
        return { ...answer, path };
      });
    } catch (error) {
      await rm(path, { force: true });
      throw error instanceof LakeError ? toQueryError(error, deps.folder, timeoutMs) : error;
    }
  };
}

/** What the views of one endpoint read; also for the tasks of others. */
export function toViewFiles(
  folder: string,
  files: readonly LakeFile[],
  times: Pick<ViewFiles, "since" | "until"> = {},
): ViewFiles {
  const since = times.since ?? Number.NEGATIVE_INFINITY;
  const until = times.until ?? Number.POSITIVE_INFINITY;
  const rowsOf = (wanted: RowsKind) => {
    const groups = new Map<string, string[]>();
    for (const { kind, signature, path, minAt, maxAt } of files)
      if (kind === wanted && maxAt >= since && minAt < until)
        groups.set(signature, [...(groups.get(signature) ?? []), join(folder, path)]);
    return [...groups.values()];
  };
  return {
    predictions: rowsOf("predictions"),
    shadows: rowsOf("shadows"),
    labels: files.filter(({ kind }) => kind === "labels").map(({ path }) => join(folder, path)),
    since: times.since,
    until: times.until,
  };
}

function toQueryError({ reason, message }: LakeError, folder: string, timeoutMs: number): SlipwayError {
  if (reason === "time")
    return new SlipwayError(
      "deadline_exceeded",
      `The query took longer than ${timeoutMs / 1000} s and was stopped. Ask for less, or give it more time with timeout_ms.`,
      { timeout_ms: timeoutMs },
    );
  if (reason === "memory")
    return new SlipwayError(
      "invalid_query",
      "The query needs more memory than queries may use. Ask for fewer columns, groups or rows.",
    );
  if (reason !== "sql") return new SlipwayError("internal", "The query failed inside the server.", {}, message);
  const text = message.replaceAll(`${folder}/`, "");
  return new SlipwayError("invalid_query", `${text}\n"DESCRIBE predictions" lists the columns there are.`);
}
