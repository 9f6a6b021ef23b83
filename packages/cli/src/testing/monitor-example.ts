import type {
  MonitorColumn,
  MonitorFinding,
  MonitorIncident,
  MonitorPerformancePoint,
  MonitorSeries,
  MonitorView,
  MonitorWindow,
} from "@slipway/contract";
import { extra, ownColumns, plain } from "./monitor-example-columns.ts";

const hourMs = 3_600_000;
const end = Date.parse("2026-11-22T10:00:00.000Z");
const iso = (ms: number): string => new Date(ms).toISOString();

export interface ExampleSize {
  readonly columns?: number;
  readonly windows?: number;
}

export interface MonitorExample {
  readonly view: MonitorView;
  readonly series: MonitorSeries;
}

/** What a server says of flight-delay@2 whose caller has sent `origin_late_3h` as percent for three hours. */
export function createMonitorExample({ columns = 7, windows = 48 }: ExampleSize = {}): MonitorExample {
  const random = createRandom();
  const spans = Array.from({ length: windows }, (_, i) => toWindow(end - (windows - i) * hourMs, random));
  const named = [...ownColumns(), ...Array.from({ length: Math.max(0, columns - 7) }, (_, i) => extra(i, random))];
  const points = spans.flatMap((span, i) => toPoints(span, i / windows, random));
  const shared = { endpoint: "flight-delay", model: "flight-delay", version: 2, slice: "", window_ms: hourMs };
  const view: MonitorView = {
    ...shared,
    enabled: true,
    slices: [
      { name: "origin=ORD", rows: 92, verdict: "fail", failed: ["origin_late_3h"] },
      { name: "origin=ATL", rows: 81, verdict: "insufficient", failed: [] },
    ],
    window: spans.at(-1) ?? null,
    verdict: "fail",
    counts: { pass: named.length * 4, fail: 2, insufficient: 1, error: 0 },
    reference: {
      source: "training",
      provisional: false,
      rows: 20_000,
      created_at: iso(end - 72 * hourMs),
      blocks: 89,
      block: "day",
      from: "2001-01-01T00:00:00.000Z",
      to: "2001-03-31T00:00:00.000Z",
      label: "late",
      notes: [],
    },
    columns: named,
    findings: [volume, multivariate],
    performance: { problem: "binary", points, label_rate: 0.86, estimator_error: 0.006, estimator_windows: 44 },
    incidents: [incident],
    notes: [],
  };
  const series: MonitorSeries = {
    ...shared,
    windows: spans,
    series: named.map((column, at) => toSeries(column, at, spans.length, random)),
    performance: points,
    truncated: false,
  };
  return { view, series };
}

/** A table of what never comes to a regular end: nothing was judged, nothing is known. */
export function createEmptyExample(): MonitorExample {
  const { view, series } = createMonitorExample({ windows: 0 });
  const none = { problem: null, points: [], label_rate: null, estimator_error: null, estimator_windows: 0 };
  return {
    view: {
      ...view,
      window: null,
      verdict: "none",
      counts: { pass: 0, fail: 0, insufficient: 0, error: 0 },
      reference: null,
      columns: [],
      findings: [],
      performance: none,
      incidents: [],
      notes: ["No window with predictions is over yet: the present one ends at 2026-11-22 11:00 UTC."],
    },
    series: { ...series, windows: [], series: [], performance: [] },
  };
}

function createRandom(): () => number {
  let state = 7;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

function toWindow(from: number, random: () => number): MonitorWindow {
  const rows = Math.round(900 + 600 * Math.sin((from / hourMs / 24) * 2 * Math.PI) + 200 * random());
  return {
    from: iso(from),
    to: iso(from + hourMs),
    rows,
    requests: rows,
    errors: Math.round(random() * 3),
    fallbacks: 0,
    latency: { p50: 0.9 + random() / 10, p90: 1.8 + random() / 4, p99: 4 + random() },
  };
}

const volume: MonitorFinding = {
  ...plain,
  monitor: "traffic.volume",
  verdict: "pass",
  value: 1243,
  threshold: 2400,
  message: "1,243 predictions came in the window, within 310 and 2,400.",
};
const multivariate: MonitorFinding = {
  ...plain,
  monitor: "drift.multivariate",
  metric: "domain_auc",
  verdict: "pass",
  value: 0.56,
  threshold: 0.65,
  message: "A classifier tells the window from the reference with AUC 0.56, up to 0.65 is ordinary.",
};
const incident: MonitorIncident = {
  id: "01931c3e-7a51-7c60-b3a5-0d2f6f1f2a11",
  state: "open",
  severity: "critical",
  title: "origin_late_3h is out of range in 94 % of the rows",
  opened_at: iso(end - 2 * hourMs),
  evidence: [
    "origin_late_3h: 94 % of the rows are above 1, the largest that the model takes; the reference has none",
    "late: its mean moved from 0.19 to 0.44",
  ],
  next: `slipway predictions flight-delay --sql "SELECT origin_late_3h, count(*) FROM predictions GROUP BY 1 ORDER BY 2 DESC"`,
};

function toSeries(
  column: MonitorColumn,
  at: number,
  count: number,
  random: () => number,
): MonitorSeries["series"][number] {
  const bad = at < 2;
  const values = Array.from({ length: count }, (_, i) =>
    Number((bad && i >= count - 3 ? 0.9 - at / 2 : random() / 20).toFixed(4)),
  );
  const few = column.name === "weekday";
  const verdicts = values.map((value) => (few ? "i" : value > 0.1 ? "f" : "p")).join("");
  const monitor = column.role === "output" ? "drift.output" : "drift.input";
  return { monitor, column: column.name, metric: "ks", values, effects: values, verdicts };
}

function toPoints(span: MonitorWindow, age: number, random: () => number): MonitorPerformancePoint[] {
  const { from, to, rows } = span;
  const shared = { from, to, metric: "roc_auc", min: 0.66, max: null, predictions: rows };
  const real = 0.74 + random() / 50 - (age > 0.93 ? 0.09 : 0);
  const guess = real + (random() - 0.5) / 50;
  const band = (value: number) => ({ value, lower: value - 0.03, upper: value + 0.03 });
  const verdict = (value: number) => (value < 0.66 ? ("fail" as const) : ("pass" as const));
  const estimated = { ...shared, ...band(guess), kind: "estimated" as const, rows, provisional: false };
  const labelled = Math.round(rows * (age > 0.9 ? 0.4 : 0.98));
  const realised = { ...shared, ...band(real), kind: "realised" as const, rows: labelled, provisional: age > 0.9 };
  return [
    { ...estimated, verdict: verdict(guess) },
    { ...realised, verdict: verdict(real) },
  ];
}
