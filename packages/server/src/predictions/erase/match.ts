import type { LakeTask } from "../../platform/lake/index.ts";
import type { PredictionLake } from "../lake/prediction-lake.ts";
import { toViewFiles } from "../lake/queries.ts";
import type { MatchInput, Matched } from "./match-task.ts";

export interface MatchQuery {
  readonly endpoint: string;
  readonly where: string;
  readonly signal?: AbortSignal;
  /** Where the rows that match are written, whole and on the disk when this resolves. */
  readonly save?: string;
}

/** @throws SlipwayError `invalid_query` where it is no boolean expression over the view; its message may quote it */
export async function checkPredicate(lake: PredictionLake, endpoint: string, where: string): Promise<void> {
  await lake.withFiles({ endpoint }, (files) =>
    lake.read(toTask({ kind: "check", where, files: toViewFiles(lake.folder, files) }), { timeoutMs: 30_000 }),
  );
}

/** Counts what matches, of all that the lake holds of an endpoint, and keeps it where that is wanted. */
export function matchRows(lake: PredictionLake, { endpoint, where, signal, save }: MatchQuery): Promise<Matched> {
  return lake.withFiles({ endpoint }, (files) => {
    const input: MatchInput = { kind: "match", where, files: toViewFiles(lake.folder, files), save: save ?? null };
    return lake.read<Matched>(toTask(input), signal === undefined ? {} : { signal });
  });
}

function toTask(input: MatchInput): LakeTask {
  return { module: new URL(`./match-task${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url), input };
}
