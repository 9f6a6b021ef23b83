import type { TaskDb } from "../../platform/sql/index.ts";
import { parseFilter } from "../filter/parse-filter.ts";
import { JsonBytes } from "./json-bytes.ts";
import { lifecyclesOf, type View } from "./limits.ts";
import { decodePageToken, encodePageToken, type TokenScope } from "./page-token.ts";
import { toRunOrder } from "./run-fields.ts";
import { renderRuns } from "./run-page.ts";
import { selectRuns } from "./select-runs.ts";

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
  const order = toRunOrder(input.orderBy);
  const scope: TokenScope = { what: "order of runs", query: input.orderBy, terms: order.length };
  const rows = await selectRuns(db, {
    experimentIds: input.experimentIds,
    lifecycles: lifecyclesOf[input.view],
    filter: parseFilter(input.filter),
    order,
    after: decodePageToken(scope, input.pageToken),
    limit: input.maxResults + 1,
  });
  const page = rows.slice(0, input.maxResults);
  const json = new JsonBytes();
  json.add(page.length > 0 ? '{"runs":[' : "{");
  await renderRuns(
    db,
    page.map(({ n }) => n),
    json,
  );
  const next = rows.length > page.length ? encodePageToken(scope, page.at(-1)!.key) : null;
  json.add(`${page.length > 0 ? "]" : ""}${next === null ? "" : `,"next_page_token":${JSON.stringify(next)}`}}`);
  return json.toBytes();
}
