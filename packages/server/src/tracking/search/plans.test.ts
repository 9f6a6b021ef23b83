import { expect, test } from "vitest";
import { migrate, openSqlite, type Kysely } from "../../platform/sql/index.ts";
import { trackingMigrations } from "../migrations.ts";
import type { RunSearchInput } from "./tasks.ts";
import { goldens } from "./testing/goldens.ts";
import { insertRuns, searched } from "./testing/insert-goldens.ts";
import type * as scanning from "./testing/scan-tasks.ts";

const asked: RunSearchInput = {
  experimentIds: [searched],
  filter: "",
  view: "ACTIVE_ONLY",
  maxResults: 1,
  orderBy: [],
  pageToken: null,
};

/** What goes through all rows, or sorts what an index has in its order already, costs what is not on the page, too. */
test("pages are read off an index, from their place on, without sorting what is not on them", async () => {
  const sql = await openSqlite({ path: ":memory:" });
  await migrate(sql, trackingMigrations);
  await insertRuns(sql);
  const insert = async (table: string, rows: readonly object[]) =>
    (sql.db as Kysely<Record<string, never>>).insertInto(table).values(rows).execute();
  const points = Array.from({ length: 20 }, (_, i) => ({ series_n: 100, timestamp: i, step: i, value: 0, is_nan: 0 }));
  await insert("metrics", points);
  const tasks = sql.tasks<typeof scanning>(new URL("./testing/scan-tasks.ts", import.meta.url));
  const plansOf = async (name: "searchRuns" | "readHistory" | "sampleHistory", input: object) =>
    tasks.read("explain", { name, input });
  const pageOf = async (more: Partial<RunSearchInput>) => (await plansOf("searchRuns", { ...asked, ...more }))[0];
  const byStart = /^SEARCH r USING (COVERING )?INDEX runs_by_start \(experiment_id=\? AND lifecycle=\? AND start_time/;
  expect(await pageOf({})).toMatch(byStart);
  expect(await pageOf({ filter: "tags.team != 'x' or params.a = 'x'" })).toMatch(byStart);
  expect(await pageOf({ orderBy: ["start_time DESC"] })).not.toContain("TEMP B-TREE");
  const byValue =
    /SEARCH o0 USING (COVERING )?INDEX latest_metrics_by_value \(experiment_id=\? AND key=\? AND is_nan=\?\)/;
  const byMetric = await pageOf({ orderBy: ["metrics.acc DESC"] });
  expect(byMetric).toMatch(byValue);
  expect(byMetric).toContain("USE TEMP B-TREE FOR LAST 3 TERMS OF ORDER BY");
  const next = async (more: Partial<RunSearchInput>) => {
    const page = await tasks.read("searchPage", { ...asked, ...more });
    return pageOf({ ...more, pageToken: page.next_page_token });
  };
  expect(await next({})).toContain("lifecycle=? AND start_time>? AND start_time<?)");
  expect(await next({ orderBy: ["metrics.acc DESC"] })).toContain("is_nan=? AND value<?)");
  expect(await next({ orderBy: ["metrics.acc"] })).toContain("is_nan=? AND value>?)");
  const runId = goldens("runs")[0]!.id;
  for (const plan of (await plansOf("readHistory", { runId, key: "acc", maxResults: 5, pageToken: null })).slice(1))
    expect(plan).toMatch(/SEARCH metrics USING PRIMARY KEY \(series_n=\?\)/);
  const interval = { runIds: [runId], key: "acc", maxResults: 4, steps: null, countable: 10 };
  for (const plan of (await plansOf("sampleHistory", interval)).slice(1)) {
    expect(plan).toMatch(/SEARCH metrics USING COVERING INDEX metrics_by_step/);
    expect(plan).not.toContain("TEMP B-TREE");
  }
  await sql.close();
});

test("a few runs that have a value are read instead of all", async () => {
  const sql = await openSqlite({ path: ":memory:" });
  await migrate(sql, trackingMigrations);
  await insertRuns(sql);
  const tasks = sql.tasks<typeof scanning>(new URL("./testing/scan-tasks.ts", import.meta.url));
  for (const [filter, index] of [
    ["params.lr = '0.1'", "params_by_value (key=? AND <expr>=?)"],
    ["tags.`mlflow.parentRunId` = 'x'", "run_tags_by_value (key=? AND <expr>=?)"],
    ["run_name = 'b' and status != 'x'", "run_tags_by_value (key=? AND <expr>=?)"],
    ["metrics.acc > 0.4", "latest_metrics_by_value (experiment_id=? AND key=? AND is_nan=? AND value>?)"],
  ] as const) {
    const plans = await tasks.read("explain", { name: "searchRuns", input: { ...asked, filter } });
    expect(plans[1]).toContain(index);
    expect(plans[1]).toContain("SEARCH r USING INTEGER PRIMARY KEY (rowid=?)");
  }
  await sql.close();
});
