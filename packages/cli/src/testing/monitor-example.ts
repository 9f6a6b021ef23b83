import type {
  MonitorColumn,
  MonitorColumnFigures,
  MonitorFinding,
  MonitorIncident,
  MonitorPerformancePoint,
  MonitorSeries,
  MonitorView,
  MonitorWindow,
} from "@slipway/contract";

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

const plain: Omit<MonitorFinding, "monitor" | "verdict" | "message"> = {
  slice: "",
  column: null,
  metric: null,
  severity: "warning",
  value: null,
  threshold: null,
  p: null,
  p_adjusted: null,
  effect: null,
  rows: 1243,
  reference_rows: 20_000,
  provisional: false,
};

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

function driftOf(column: string, given: Partial<MonitorFinding> & Pick<MonitorFinding, "verdict">): MonitorFinding {
  const { verdict } = given;
  const text =
    verdict === "fail" ? "drifted" : verdict === "pass" ? "is as in the reference" : "has too few rows to say";
  return { ...plain, monitor: "drift.input", metric: "ks", column, message: `${column} ${text}.`, ...given };
}

function figures(given: Partial<MonitorColumnFigures> = {}): MonitorColumnFigures {
  const none = { mean: null, std: null, min: null, p05: null, median: null, p95: null, max: null, distinct: null };
  const counts = { rows: 1243, missing: 0, invalid: 0, out_of_range: 0, unseen: 0 };
  return { ...counts, ...none, frequent: [], ...given };
}

const times = (count: number, of: (i: number) => number): number[] => {
  const raw = Array.from({ length: count }, (_, i) => of(i));
  const sum = raw.reduce((total, value) => total + value, 0);
  return raw.map((value) => value / sum);
};

function numbers(of: { readonly edges: readonly number[]; now: (i: number) => number; was: (i: number) => number }) {
  const count = of.edges.length + 1;
  return { edges: [...of.edges], labels: null, reference: times(count, of.was), current: times(count, of.now) };
}

const grid = (from: number, to: number, parts: number): number[] =>
  Array.from({ length: parts + 1 }, (_, i) => Number((from + ((to - from) * i) / parts).toFixed(4)));

function ownColumns(): MonitorColumn[] {
  const decay = (i: number): number => (i === 0 ? 0 : Math.exp(-i / 4));
  const hump = (at: number) => (i: number) => Math.exp(-(((i - at) / 4) ** 2));
  const share = grid(0, 1, 20);
  const range: MonitorFinding = {
    ...plain,
    monitor: "quality.range",
    column: "origin_late_3h",
    verdict: "fail",
    severity: "critical",
    value: 0.94,
    threshold: 0.01,
    message: "origin_late_3h is out of range (0 to 1) in 94 % of the rows, against 0 % of the reference.",
  };
  const late = { value: 0.93, threshold: 0.08, p: 0, p_adjusted: 0, effect: 0.97 };
  return [
    {
      name: "origin_late_3h",
      role: "input",
      kind: "number",
      importance: 0.61,
      recent: "ppppppppfff",
      distribution: numbers({ edges: share, was: decay, now: (i) => (i === 21 ? 0.94 : i === 1 ? 0.06 : 0) }),
      reference: figures({
        rows: 20_000,
        missing: 412,
        mean: 0.19,
        std: 0.13,
        min: 0,
        p05: 0,
        median: 0.17,
        p95: 0.44,
        max: 1,
      }),
      current: figures({ out_of_range: 1168, mean: 18.6, std: 12.9, min: 0, p05: 0, median: 17.1, p95: 43.2, max: 96 }),
      findings: [driftOf("origin_late_3h", { verdict: "fail", ...late }), range],
    },
    {
      name: "late_p_late",
      role: "output",
      kind: "number",
      importance: null,
      recent: "ppppppppfff",
      distribution: numbers({ edges: share, was: hump(4), now: hump(9) }),
      reference: figures({
        rows: 20_000,
        mean: 0.19,
        std: 0.12,
        min: 0.02,
        p05: 0.05,
        median: 0.16,
        p95: 0.43,
        max: 0.9,
      }),
      current: figures({ mean: 0.44, std: 0.16, min: 0.05, p05: 0.18, median: 0.43, p95: 0.71, max: 0.93 }),
      findings: [
        driftOf("late_p_late", {
          monitor: "drift.output",
          verdict: "fail",
          value: 0.41,
          threshold: 0.09,
          effect: 0.55,
          p: 3.2e-41,
          p_adjusted: 2.2e-40,
          message: "late_p_late drifted: its mean is 0.44, it was 0.19.",
        }),
      ],
    },
    {
      name: "origin",
      role: "input",
      kind: "category",
      importance: 0.14,
      recent: "ppppppppppp",
      distribution: {
        edges: null,
        labels: ["ATL", "ORD", "DFW", "LAX", "PHX", "DEN"],
        reference: times(7, (i) => 7 - i * 0.7),
        current: times(7, (i) => 7.2 - i * 0.8),
      },
      reference: figures({ rows: 20_000, distinct: 214, frequent: [{ value: "ATL", count: 1410 }] }),
      current: figures({ distinct: 161, frequent: [{ value: "ATL", count: 92 }] }),
      findings: [
        driftOf("origin", {
          metric: "chi2",
          verdict: "pass",
          value: 0.031,
          threshold: 0.07,
          p: 0.21,
          p_adjusted: 0.49,
          effect: 0.03,
        }),
      ],
    },
    {
      name: "hour",
      role: "input",
      kind: "number",
      importance: 0.12,
      recent: "ppppfpppppp",
      distribution: numbers({ edges: grid(0, 23, 23), was: hump(14), now: hump(13.5) }),
      reference: figures({ rows: 20_000, mean: 13.6, std: 4.7, min: 0, p05: 6, median: 14, p95: 21, max: 23 }),
      current: figures({ mean: 13.2, std: 4.5, min: 5, p05: 6, median: 13, p95: 20, max: 23 }),
      findings: [
        driftOf("hour", { verdict: "pass", value: 0.05, threshold: 0.11, p: 0.04, p_adjusted: 0.14, effect: 0.05 }),
      ],
    },
    {
      name: "distance",
      role: "input",
      kind: "number",
      importance: 0.08,
      recent: "ppppppppppp",
      distribution: numbers({ edges: grid(60, 4960, 25), was: hump(6), now: hump(6.2) }),
      reference: figures({ rows: 20_000, mean: 733, std: 571, min: 66, p05: 154, median: 567, p95: 1946, max: 4962 }),
      current: figures({ mean: 741, std: 566, min: 84, p05: 151, median: 571, p95: 1911, max: 4243 }),
      findings: [
        driftOf("distance", { verdict: "pass", value: 0.03, threshold: 0.08, p: 0.42, p_adjusted: 0.67, effect: 0.01 }),
      ],
    },
    {
      name: "weekday",
      role: "input",
      kind: "number",
      importance: 0.05,
      recent: "iiiipiipiii",
      distribution: null,
      reference: figures({ rows: 20_000, mean: 3.9, std: 2, min: 1, p05: 1, median: 4, p95: 7, max: 7 }),
      current: figures({ rows: 41, mean: 4, std: 0, min: 4, p05: 4, median: 4, p95: 4, max: 4 }),
      findings: [
        driftOf("weekday", {
          verdict: "insufficient",
          rows: 41,
          message: "weekday: 41 rows are too few to say (100 are).",
        }),
      ],
    },
    {
      name: "destination",
      role: "input",
      kind: "category",
      importance: null,
      recent: "",
      distribution: null,
      reference: null,
      current: figures({ distinct: 170 }),
      findings: [],
    },
  ];
}

/** One of many columns with names as long as they come, and text that must not become a tag. */
function extra(i: number, random: () => number): MonitorColumn {
  const number = i % 3 !== 0;
  const labels = Array.from({ length: 30 }, (_, k) => `<category & name that is rather long ${i}/${k}>`);
  const shares = (): number[] => times(31, () => random() + 0.1);
  const name = `a_feature_of_many_with_a_long_name_${String(i).padStart(3, "0")}`;
  const p = random();
  return {
    name,
    role: "input",
    kind: number ? "number" : "category",
    importance: random() / 100,
    recent: "ppppppppppp",
    distribution: {
      edges: number ? grid(-1.23456, 98_765.4321, 29) : null,
      labels: number ? null : labels.slice(0, 30),
      reference: shares(),
      current: shares(),
    },
    reference: figures({
      rows: 20_000,
      mean: 40_000.123,
      std: 20_000.456,
      min: -1.2,
      p05: 12.5,
      median: 39_000,
      p95: 9e4,
      max: 98_765,
    }),
    current: figures({
      mean: 41_000.5,
      std: 19_000.25,
      min: -1.1,
      p05: 12.75,
      median: 40_100,
      p95: 9.1e4,
      max: 98_700,
      distinct: 1204,
    }),
    findings: [
      driftOf(name, {
        verdict: "pass",
        value: random() / 20,
        threshold: 0.08,
        p,
        p_adjusted: p,
        effect: random() / 20,
      }),
    ],
  };
}

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
