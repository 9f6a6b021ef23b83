import { schemas } from "@slipway/contract";
import { expect, test } from "vitest";
import type { Finding } from "../finding.ts";
import { createProfileBuilder, createProfilePlan, type ColumnPlan } from "../profiles/index.ts";
import { toMonitorView, type MonitorFacts } from "./to-monitor-view.ts";
import { toSeriesView } from "./to-series-view.ts";

const column: ColumnPlan = {
  name: "hour",
  role: "input",
  kind: "number",
  edges: Float64Array.of(0, 8, 16, 24),
  categories: null,
  range: [0, 23],
  nullable: false,
};
const plan = createProfilePlan([
  column,
  { ...column, name: "origin", kind: "category", edges: null, categories: ["ATL", "ORD"], range: null },
  { ...column, name: "late_p_late", role: "output", edges: Float64Array.of(0, 0.5, 1), range: null },
]);

function profileOf(rows: readonly (readonly [hour: number | null, origin: string | null, late: number])[]) {
  const builder = createProfileBuilder(plan);
  const values = (at: 0 | 1 | 2) => rows.map((row) => row[at]);
  const names = ["hour", "origin", "late_p_late"] as const;
  builder.addColumns(new Map(names.map((name, at) => [name, values(at as 0 | 1 | 2)])), rows.length);
  builder.addAnswered({ requests: rows.length, fallbacks: 0, latencies: Float64Array.from(rows, (_, i) => i + 1) });
  return builder.profile();
}

const finding: Finding = {
  monitor: "drift.input",
  slice: "",
  column: "hour",
  metric: "distance",
  verdict: "pass",
  severity: "warning",
  value: 0.1,
  threshold: 0.2,
  p: 0.5,
  pAdjusted: 0.6,
  effect: 0.1,
  rows: 4,
  referenceRows: 8,
  provisional: false,
  message: "hour is as in the reference.",
};
const windowAt = (i: number, findings: readonly Finding[]) => ({ from: i * 1000, to: i * 1000 + 1000, findings });

const facts: MonitorFacts = {
  watched: { endpoint: "flight-delay", model: "flight-delay", version: 2 },
  slice: "",
  slices: [{ name: "origin=ORD", rows: 2, verdict: "pass", failed: [] }],
  windowMs: 1000,
  enabled: true,
  current: {
    from: 2000,
    to: 3000,
    profile: profileOf([
      [23, "ORD", 0.9],
      [null, "XXX", 0.8],
      [20, "ORD", Number.NaN],
      [99, null, 0.7],
    ]),
  },
  plan,
  reference: {
    view: {
      source: "training",
      provisional: false,
      rows: 3,
      created_at: new Date(0).toISOString(),
      blocks: 0,
      block: null,
      from: null,
      to: null,
      label: null,
      notes: [],
    },
    profile: profileOf([
      [3, "ATL", 0.1],
      [4, "ATL", 0.2],
      [9, "ORD", 0.7],
    ]),
    importance: { hour: 0.2, origin: 0.8 },
  },
  judged: [
    windowAt(0, [finding]),
    windowAt(1, [{ ...finding, verdict: "insufficient" }]),
    windowAt(2, [
      { ...finding, column: "origin", effect: 0.3 },
      { ...finding, monitor: "drift.output", column: "late_p_late", verdict: "fail", effect: 0.2 },
      finding,
      { ...finding, monitor: "traffic.volume", column: null, verdict: "insufficient" },
    ]),
  ],
  performance: { problem: null, points: [], label_rate: null, estimator_error: null, estimator_windows: 0 },
  incidents: [],
  notes: [],
};

test("a view has every column on the bins of the reference, the failed one first, then what moved most", () => {
  const view = toMonitorView(facts);
  expect(schemas.monitorView.parse(JSON.parse(JSON.stringify(view)))).toEqual(view);
  expect(view.columns.map(({ name, recent }) => [name, recent])).toEqual([
    ["late_p_late", "--f"],
    ["origin", "--p"],
    ["hour", "pip"],
  ]);
  expect(view.verdict).toBe("fail");
  expect(view.counts).toEqual({ pass: 2, fail: 1, insufficient: 1, error: 0 });
  expect(view.findings.map(({ monitor }) => monitor)).toEqual(["traffic.volume"]);
  expect(view.window).toMatchObject({ rows: 4, requests: 4, errors: 0, latency: { p50: 2, p99: 4 } });
  const [late, origin, hour] = view.columns;
  expect(origin?.distribution).toMatchObject({ labels: ["ATL", "ORD"], reference: [0.666667, 0.333333, 0] });
  expect(origin?.current).toMatchObject({ rows: 4, missing: 1, unseen: 1 });
  expect(hour?.distribution?.current).toEqual([0, 0, 0, 0.666667, 0.333333]);
  expect(hour?.current).toMatchObject({ missing: 1, out_of_range: 1, max: 99, median: 23 });
  expect(late?.current).toMatchObject({ invalid: 1 });
});

test("a profile of another plan has no bins in common, and none are shown", () => {
  const other = { ...facts.current!, profile: { ...facts.current!.profile, planId: "other" } };
  const { columns, window } = toMonitorView({ ...facts, current: other });
  expect(columns.map(({ current, distribution }) => [current, distribution?.current])).toEqual([
    [null, null],
    [null, null],
    [null, null],
  ]);
  expect(window?.rows).toBe(4);
});

test("without a reference, a profile or a verdict there still is a view", () => {
  const none = toMonitorView({ ...facts, current: null, plan: null, reference: null, judged: [] });
  expect(none).toMatchObject({ verdict: "none", window: null, columns: [], findings: [], reference: null });
});

test("a series has a value and a letter for each window, and none where it was not judged", () => {
  const lines = toSeriesView(facts.judged);
  expect(lines.map(({ column: name, monitor, verdicts }) => [monitor, name, verdicts])).toEqual([
    ["drift.input", "hour", "pip"],
    ["drift.input", "origin", "--p"],
    ["drift.output", "late_p_late", "--f"],
    ["traffic.volume", null, "--i"],
  ]);
  expect(lines[1]?.values).toEqual([null, null, 0.1]);
});
