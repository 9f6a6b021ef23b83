import { schemas } from "@slipway/contract";
import { expect, test } from "vitest";
import { systemClock } from "../../kernel/clock.ts";
import { migrate } from "../../platform/sql/index.ts";
import { describeStores, type OpenStore } from "../../platform/sql/testing/describe-stores.ts";
import type { Finding } from "../finding.ts";
import { createProfileBuilder, createProfilePlan, encodeProfile, type ColumnPlan } from "../profiles/index.ts";
import { profileMigrations } from "../profiles/migrations.ts";
import type * as profileTasks from "../profiles/profile-tasks.ts";
import { profileScript } from "../profiles/profiles-store.ts";
import { toMonitorSettings } from "../settings.ts";
import { watchMigrations } from "../watch/migrations.ts";
import { createWatchStore } from "../watch/store.ts";
import { createMonitorViews } from "./views.ts";

const watched = { endpoint: "flight-delay", model: "flight-delay", version: 2 };
const minute = 60_000;
const start = Date.parse("2026-03-01T00:00:00Z");
const origin: ColumnPlan = {
  name: "origin",
  role: "input",
  kind: "category",
  edges: null,
  categories: null,
  range: null,
  nullable: false,
};
const plan = createProfilePlan([origin]);
const finding: Finding = {
  monitor: "drift.input",
  slice: "",
  column: "origin",
  metric: "distance",
  verdict: "pass",
  severity: "warning",
  value: 0.1,
  threshold: 0.2,
  p: 0.5,
  pAdjusted: 0.6,
  effect: 0.1,
  rows: 3,
  referenceRows: 8,
  provisional: false,
  message: "origin is as in the reference.",
};

function profileOf(origins: readonly string[]): Uint8Array {
  const builder = createProfileBuilder(plan);
  builder.addColumns(new Map([["origin", origins]]), origins.length);
  builder.addAnswered({
    requests: origins.length,
    fallbacks: 1,
    latencies: Float64Array.from(origins, (_, i) => i + 1),
  });
  return encodeProfile(builder.profile());
}

/** Five windows of a minute, of which the fourth had no traffic; the last was judged to have drifted. */
async function fill(open: OpenStore) {
  const sql = await open();
  await migrate(sql, [...watchMigrations, ...profileMigrations]);
  const store = createWatchStore(sql);
  const profiles = sql.tasks<typeof profileTasks>(profileScript);
  const settings = toMonitorSettings({ window: "1m", slices: [{ column: "origin", values: ["ORD"] }] });
  for (const i of [0, 1, 2, 3, 4]) {
    const window = { from: start + i * minute, to: start + (i + 1) * minute };
    const verdict = i === 4 ? ("fail" as const) : ("pass" as const);
    const findings = [
      { ...finding, verdict },
      { ...finding, slice: "origin=ORD", effect: 0.7 },
    ];
    await store.save(
      { ...watched, ...window, judge: "*", seq: "1" },
      [{ watched, window, judge: "drift", judgedAt: window.to, fails: i === 4 ? 1 : 0, findings }],
      async () => {},
    );
    if (i === 3) continue;
    const origins = i === 4 ? ["ORD", "ORD", "ATL"] : ["ATL"];
    for (const slice of ["", "origin=ORD"]) {
      const bytes = profileOf(slice === "" ? origins : ["ORD"]);
      const row = { ...watched, ...window, slice, planId: plan.id, rows: origins.length, requests: 1, bytes };
      const offsets = { before: [], offsets: [], minutes: [] };
      await profiles.write("saveProfiles", { ...offsets, profiles: [row], now: window.to, seq: "2" });
    }
  }
  const views = createMonitorViews({
    sql,
    settingsOf: () => settings,
    points: async () => ({ problem: null, points: [], labelRate: null, estimatorError: null, estimatorWindows: 0 }),
    findReference: async () => null,
    listIncidents: async () => [],
    clock: { ...systemClock, now: () => start + 6 * minute },
  });
  return { views };
}

const read = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes));

describeStores("views of monitoring", (open) => {
  // One test: a database takes longer to open than all of this.
  test("windows are shown with their traffic and verdicts, and as a series", async () => {
    const { views } = await fill(open);
    await showsOne(views);
    await showsAnyOther(views);
    await showsSeries(views);
  });
});

type Views = Awaited<ReturnType<typeof fill>>["views"];

async function showsOne(views: Views) {
  const view = schemas.monitorView.parse(read(await views.show({ watched, slice: "", at: null })));
  expect(view).toMatchObject({
    ...watched,
    verdict: "fail",
    window_ms: minute,
    slices: [{ name: "origin=ORD", rows: 3, verdict: "pass", failed: [] }],
  });
  expect(view.window).toMatchObject({ from: "2026-03-01T00:04:00.000Z", rows: 3, requests: 3, fallbacks: 1 });
  expect(view.columns).toMatchObject([{ name: "origin", recent: "ppppf", findings: [{ verdict: "fail" }] }]);
  expect(view.columns[0]?.distribution).toEqual({
    edges: null,
    labels: ["ORD", "ATL"],
    reference: null,
    current: [0.666667, 0.333333, 0],
  });
  expect(view.notes).toEqual([expect.stringMatching(/no reference/)]);
  const slice = schemas.monitorView.parse(read(await views.show({ watched, slice: "origin=ORD", at: null })));
  expect(slice).toMatchObject({ verdict: "pass", window: { rows: 1 }, columns: [{ findings: [{ effect: 0.7 }] }] });
  await expect(views.show({ watched, slice: "origin=XXX", at: null })).rejects.toThrow(/there are origin=ORD/);
}

async function showsAnyOther(views: Views) {
  const show = async (at: number) => schemas.monitorView.parse(read(await views.show({ watched, slice: "", at })));
  expect(await show(start + 1.5 * minute)).toMatchObject({ verdict: "pass", columns: [{ recent: "pp" }] });
  expect(await show(start + 3.5 * minute)).toMatchObject({ verdict: "pass", window: { rows: 0, latency: null } });
  expect(await show(start - minute)).toMatchObject({ verdict: "none", columns: [] });
}

/** The newest windows with traffic, the oldest first; that there are more is said. */
async function showsSeries(views: Views) {
  const ask = async (query: { since: number | null; until: number | null; limit: number }) =>
    schemas.monitorSeries.parse(read(await views.series({ watched, slice: "", ...query })));
  const all = await ask({ since: null, until: null, limit: 10 });
  expect(all.windows.map(({ rows }) => rows)).toEqual([1, 1, 1, 3]);
  expect(all).toMatchObject({ truncated: false, series: [{ monitor: "drift.input", verdicts: "pppf" }] });
  const slice = "origin=ORD";
  const about = { watched, since: null, until: null, limit: 10 };
  const sliced = schemas.monitorSeries.parse(read(await views.series({ ...about, slice })));
  expect(sliced.series).toMatchObject([{ verdicts: "pppp", effects: [0.7, 0.7, 0.7, 0.7] }]);
  expect(all.series[0]?.effects).toEqual([0.1, 0.1, 0.1, 0.1]);
  const some = await ask({ since: null, until: start + 3 * minute, limit: 2 });
  expect(some.windows.map(({ to }) => to)).toEqual(["2026-03-01T00:02:00.000Z", "2026-03-01T00:03:00.000Z"]);
  expect(some).toMatchObject({ truncated: true, series: [{ verdicts: "pp" }] });
  expect(await ask({ since: start + 9 * minute, until: null, limit: 2 })).toMatchObject({ windows: [], series: [] });
}
