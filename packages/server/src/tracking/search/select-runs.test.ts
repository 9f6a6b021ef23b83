import fc from "fast-check";
import { expect, test } from "vitest";
import { migrate, raw, type Kysely, type Sql } from "../../platform/sql/index.ts";
import { describeStores } from "../../platform/sql/testing/describe-stores.ts";
import { trackingMigrations } from "../migrations.ts";
import type * as module from "../tracking-tasks.ts";
import { createSearch } from "./search.ts";
import {
  inOrder,
  satisfies,
  someConditions,
  someRuns,
  someTerms,
  write,
  writeTerm,
  type SimpleRun,
} from "./testing/runs-in-memory.ts";
import type * as scanning from "./testing/scan-tasks.ts";

const views = {
  ACTIVE_ONLY: (run: SimpleRun) => !run.isDeleted,
  DELETED_ONLY: (run: SimpleRun) => run.isDeleted,
  ALL: () => true,
};

const searches = fc.record({
  runs: someRuns,
  filter: fc.option(someConditions(3)),
  terms: someTerms,
  experimentIds: fc.subarray([1, 2, 3], { minLength: 1 }),
  view: fc.constantFrom("ACTIVE_ONLY", "DELETED_ONLY", "ALL"),
  maxResults: fc.constantFrom(1, 3, 100),
});

async function refill({ db }: Sql, runs: readonly SimpleRun[]): Promise<void> {
  for (const table of ["runs", "params", "run_tags", "latest_metrics"])
    await raw`delete from ${raw.table(table)}`.execute(db);
  const insert = async (table: string, rows: readonly object[]) => {
    if (rows.length > 0) await (db as Kysely<Record<string, never>>).insertInto(table).values(rows).execute();
  };
  await insert("runs", runs.map(toRow));
  const pairs = (each: SimpleRun, of: Readonly<Record<string, string>>) =>
    Object.entries(of).map(([key, value]) => ({ run_n: each.n, key, value }));
  await insert(
    "params",
    runs.flatMap((run) => pairs(run, run.params)),
  );
  await insert(
    "run_tags",
    runs.flatMap((run) => pairs(run, { "mlflow.runName": run.name })),
  );
  await insert("latest_metrics", runs.flatMap(toMetrics));
}

function toRow({ n, id, experiment, isDeleted, start, end, name }: SimpleRun) {
  const run = {
    n,
    id,
    experiment_id: experiment,
    name,
    user_id: "",
    status: "RUNNING",
    start_time: start,
    end_time: end,
  };
  return { ...run, lifecycle: isDeleted ? "deleted" : "active", artifact_uri: "" };
}

function toMetrics({ n, experiment, metrics }: SimpleRun) {
  return Object.entries(metrics).map(([key, value]) => {
    const point = Number.isNaN(value) ? { value: 0, is_nan: 1 } : { value, is_nan: 0 };
    return {
      run_n: n,
      key,
      n: n * 2 + (key === "x" ? 0 : 1),
      experiment_id: experiment,
      ...point,
      step: 0,
      timestamp: 0,
    };
  });
}

describeStores("searches of runs", (open) => {
  test("give the same in whichever way they go, on pages of any size", { timeout: 120_000 }, async () => {
    const sql = await open();
    await migrate(sql, trackingMigrations);
    const experiments = [1, 2, 3].map((id) => ({ id, name: `${id}`, artifact_location: "", lifecycle: "active" }));
    for (const each of experiments)
      await sql.db
        .insertInto("experiments")
        .values({ ...each, creation_time: 0, last_update_time: 0 })
        .execute();
    const scans = sql.tasks<typeof scanning>(new URL("./testing/scan-tasks.ts", import.meta.url));
    const search = createSearch({ tasks: sql.tasks<typeof module>(new URL("../tracking-tasks.ts", import.meta.url)) });
    const check = async ({ runs, filter, terms, experimentIds, view, maxResults }: SearchCase) => {
      await refill(sql, runs);
      const asked = { filter: filter === null ? "" : write(filter), orderBy: terms.map(writeTerm), view, maxResults };
      const wanted = inOrder(
        runs.filter(
          (run) =>
            experimentIds.includes(run.experiment) && views[view](run) && (filter === null || satisfies(run, filter)),
        ),
        terms,
      );
      const input = { ...asked, experimentIds, pageToken: null };
      const numbers = wanted.map(({ n }) => n);
      expect(await scans.read("readRuns", { input, way: "in order" })).toEqual(numbers);
      expect(await scans.read("readRuns", { input, way: "sorted" })).toEqual(numbers);
      const { ids } = await search.runIds({ ...asked, experimentIds: experimentIds.map(String), maxResults: 100 });
      expect(ids).toEqual(wanted.map(({ id }) => id));
    };
    await fc.assert(fc.asyncProperty(searches, check), { numRuns: sql.dialect === "sqlite" ? 40 : 25 });
  });
});

type SearchCase = typeof searches extends fc.Arbitrary<infer Case> ? Case : never;
