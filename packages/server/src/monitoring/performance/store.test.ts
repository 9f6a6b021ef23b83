import { expect, test } from "vitest";
import { describeStores } from "../../platform/sql/testing/describe-stores.ts";
import { migrate, raw, type Sql } from "../../platform/sql/index.ts";
import { watchMigrations } from "../watch/migrations.ts";
import { createWatchStore } from "../watch/store.ts";
import { performanceMigrations } from "./migrations.ts";
import type * as tasks from "./performance-tasks.ts";
import type { PerformanceWindow } from "./performance-window.ts";
import { createPerformanceStore, toRow } from "./store.ts";

const watched = { endpoint: "flights", model: "flights", version: 2 };
const hour = 3_600_000;

const toWindow = (index: number, more: Partial<PerformanceWindow> = {}): PerformanceWindow => ({
  watched,
  window: { from: index * hour, to: (index + 1) * hour },
  slice: "",
  problem: "binary",
  target: { kind: "binary", prediction: "late", classes: ["no", "yes"], scores: [] },
  rows: 10,
  labelled: 8,
  unusable: 1,
  state: "final",
  realised: { accuracy: { value: 0.1 + 0.2, standardError: null, rows: 8 } },
  estimated: {},
  groups: [],
  custom: {},
  arrivals: { counts: [8] },
  fingerprint: `f${index}`,
  computedAt: 7,
  ...more,
});

describeStores("windows of performance", (open) => {
  test("come back as they were, take the place of what was measured before, and wait to be judged", async () => {
    const sql = await open();
    await migrate(sql, [...watchMigrations, ...performanceMigrations]);
    const store = createPerformanceStore(sql);
    const { write } = sql.tasks<typeof tasks>(new URL("./performance-tasks.ts", import.meta.url));
    const save = (windows: readonly PerformanceWindow[], seq: string) =>
      write("saveWindows", { rows: windows.map(toRow), judge: "performance", seq });
    await save(
      [toWindow(0), toWindow(0, { slice: "origin=ORD" }), toWindow(1), toWindow(2, { state: "provisional" })],
      "1",
    );
    const about = { watched, windowMs: hour, order: "oldest", limit: 10 } as const;
    expect(await store.list({ ...about, slice: "" })).toEqual([
      toWindow(0),
      toWindow(1),
      toWindow(2, { state: "provisional" }),
    ]);
    await save([toWindow(0, { rows: 11, fingerprint: "new" })], "2");
    expect(await store.list({ ...about, slice: null, until: hour })).toEqual([
      toWindow(0, { rows: 11, fingerprint: "new" }),
    ]);
    expect(await store.list({ ...about, slice: "", order: "newest", limit: 1 })).toMatchObject([{ fingerprint: "f2" }]);
    expect(await store.list({ ...about, slice: "", state: "final", since: 2 * hour })).toEqual([toWindow(1)]);
    expect(await store.list({ ...about, slice: "", windowMs: 60_000 })).toEqual([]);
    expect(await store.listKnown(watched, hour)).toMatchObject({ "0": { fingerprint: "new", rows: 11 } });
    const { arrivals } = toWindow(0);
    expect(await store.listArrivals({ ...watched, windowMs: hour, slice: "", until: 2 * hour, limit: 10 })).toEqual([
      { window: toWindow(1).window, rows: 10, labelled: 8, arrivals },
      { window: toWindow(0).window, rows: 11, labelled: 8, arrivals },
    ]);
    const pending = await createWatchStore(sql).listPending(2 * hour, 10);
    expect(pending.map(({ from, judge, seq }) => [from, judge, seq])).toEqual([
      [0, "performance", "2"],
      [hour, "performance", "1"],
    ]);
    if (sql.dialect === "sqlite") await findsByIndex(sql);
    await save([toWindow(3, { computedAt: 9 })], "3");
    await store.prune(9);
    expect(await store.list({ ...about, slice: null })).toMatchObject([{ fingerprint: "f3" }]);
  });
});

/** Windows of one slice are among those of ten others, year after year. */
async function findsByIndex(sql: Sql) {
  const { rows } = await raw<{ detail: string }>`explain query plan select * from performance_windows
    where endpoint = 'a' and model = 'a' and version = 1 and slice = '' and to_at <= 5 and state = 'final'
    order by to_at limit 30`.execute(sql.db);
  expect(rows.map(({ detail }) => detail)).toEqual([expect.stringContaining("slice=? AND to_at<?")]);
}
