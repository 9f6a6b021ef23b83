import { plain } from "../../filter/fragment.ts";
import { parseFilter } from "../../filter/parse-filter.ts";
import type { SqlValue, TaskDb } from "../../../platform/sql/index.ts";
import type { Key } from "../keyset.ts";
import { lifecyclesOf } from "../limits.ts";
import { toRunOrder } from "../run-fields.ts";
import { toScans, toSortedScan } from "../run-scans.ts";
import { readScans, toRunSearch } from "../select-runs.ts";
import { readHistory, sampleHistory, searchRuns, type RunSearchInput } from "../tasks.ts";

/** All runs of a search, page by page, in the way that is asked for instead of the one that seems the cheapest. */
export async function readRuns(
  db: TaskDb,
  { input, way }: { readonly input: RunSearchInput; readonly way: "in order" | "sorted" },
): Promise<readonly number[]> {
  const order = toRunOrder(input.orderBy);
  const query = {
    experimentIds: input.experimentIds,
    lifecycles: lifecyclesOf[input.view],
    filter: parseFilter(input.filter),
    order,
    limit: input.maxResults,
  };
  const search = toRunSearch(db.dialect, { ...query, after: null });
  const scans = way === "in order" ? toScans(search) : [toSortedScan(search, plain("select x.n as n from runs x"))];
  const numbers: number[] = [];
  for (let after: Key | null = null; ;) {
    const page = await readScans(db, { after, limit: query.limit }, scans);
    numbers.push(...page.map(({ n }) => n));
    if (page.length < query.limit) return numbers;
    after = page.at(-1)!.key;
  }
}

/** The answer of a search, read. */
export async function searchPage(db: TaskDb, input: RunSearchInput): Promise<{ readonly next_page_token: string }> {
  return JSON.parse(new TextDecoder().decode(await searchRuns(db, input))) as { readonly next_page_token: string };
}

const tasks = { searchRuns, readHistory, sampleHistory };

/** How SQLite goes about the statements that a search or a history consists of. */
export async function explain(
  db: TaskDb,
  call: { readonly name: keyof typeof tasks; readonly input: unknown },
): Promise<string[]> {
  const plans: string[] = [];
  const watched: TaskDb = {
    ...db,
    async rows<Row>(text: string, values: readonly SqlValue[] = []) {
      const steps = await db.rows<{ readonly detail: string }>(`explain query plan ${text}`, values);
      plans.push(steps.map(({ detail }) => detail).join("; "));
      return db.rows<Row>(text, values);
    },
  };
  await tasks[call.name](watched, call.input as never);
  return plans;
}
