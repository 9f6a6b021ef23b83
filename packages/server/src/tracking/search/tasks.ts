import type { TaskDb } from "../../platform/sql/index.ts";
import { parseFilter } from "../filter/parse-filter.ts";
import { JsonBytes } from "./json-bytes.ts";
import type { Keyed } from "./keyset.ts";
import { lifecyclesOf, type View } from "./limits.ts";
import { decodePageToken, encodePageToken, type TokenScope } from "./page-token.ts";
import { toRunOrder } from "./run-fields.ts";
import { renderRuns } from "./run-page.ts";
import { selectRuns } from "./select-runs.ts";

export { listDatasetSummaries } from "./dataset-summaries.ts";
export { renderExperiments, searchExperiments } from "./experiment-page.ts";
export { readBulkHistory, readHistory } from "./history.ts";
export { sampleHistory } from "./interval.ts";
export { searchLoggedModels } from "./model-page.ts";

export interface RunSearchInput {
  readonly experimentIds: readonly number[];
  readonly filter: string;
  readonly view: View;
  readonly maxResults: number;
  readonly orderBy: readonly string[];
  readonly pageToken: string | null;
}

/** MLflow's answer as JSON. */
export async function searchRuns(db: TaskDb, input: RunSearchInput): Promise<Uint8Array> {
  const { rows, next } = await selectPage(db, input);
  const json = new JsonBytes();
  json.add(rows.length > 0 ? '{"runs":[' : "{");
  const numbers = rows.map(({ n }) => n);
  await renderRuns(db, numbers, json);
  json.add(`${rows.length > 0 ? "]" : ""}${next === null ? "" : `,"next_page_token":${JSON.stringify(next)}`}}`);
  return json.toBytes();
}

export interface RunIdPage {
  readonly ids: readonly string[];
  /** Null on the last page. */
  readonly next: string | null;
}

/** For those who do something with all runs that a filter finds. */
export async function findRunIds(db: TaskDb, input: RunSearchInput): Promise<RunIdPage> {
  const { rows, next } = await selectPage(db, input);
  // Every order ends with the id.
  return { ids: rows.map(({ key }) => String(key.at(-1)![1])), next };
}

async function selectPage(
  db: TaskDb,
  input: RunSearchInput,
): Promise<{ readonly rows: readonly Keyed[]; readonly next: string | null }> {
  const order = toRunOrder(input.orderBy);
  const types = order.map(({ type }) => type);
  const scope: TokenScope = { what: "order of runs", query: input.orderBy, types };
  const found = await selectRuns(db, {
    experimentIds: input.experimentIds,
    lifecycles: lifecyclesOf[input.view],
    filter: parseFilter(input.filter),
    order,
    after: decodePageToken(scope, input.pageToken),
    limit: input.maxResults + 1,
  });
  const rows = found.slice(0, input.maxResults);
  return { rows, next: found.length > rows.length ? encodePageToken(scope, rows.at(-1)!.key) : null };
}
