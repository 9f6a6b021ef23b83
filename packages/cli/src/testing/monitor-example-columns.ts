import type { MonitorColumn, MonitorColumnFigures, MonitorFinding } from "@slipway/contract";

export const plain: Omit<MonitorFinding, "monitor" | "verdict" | "message"> = {
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

export function ownColumns(): MonitorColumn[] {
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
export function extra(i: number, random: () => number): MonitorColumn {
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
