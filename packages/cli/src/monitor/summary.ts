import type {
  MonitorPerformancePoint,
  MonitorReference,
  MonitorSlice,
  MonitorView,
  MonitorWindow,
} from "@slipway/contract";
import type { Facts } from "../output.ts";
import { durationText, relativeTime } from "../time.ts";
import { toneOf } from "./column-verdict.ts";
import { countText, figureText, shareText } from "./figure-text.ts";

/** "2026-11-22 09:00 to 10:00 UTC". */
export function windowText({ from, to }: Pick<MonitorWindow, "from" | "to">): string {
  const seconds = !from.endsWith(":00.000Z") || !to.endsWith(":00.000Z");
  const clock = (time: string) => time.slice(11, seconds ? 19 : 16);
  const [first, last] = [from.slice(0, 10), to.slice(0, 10)];
  return `${first} ${clock(from)} to ${first === last ? "" : `${last} `}${clock(to)} UTC`;
}

export function trafficText({ rows, errors, fallbacks, latency }: MonitorWindow): string {
  const ms = (value: number) => `${figureText(value)} ms`;
  return [
    countText(rows, "prediction"),
    countText(errors, "error"),
    ...(fallbacks > 0 ? [countText(fallbacks, "fallback")] : []),
    ...(latency === null ? [] : [`p50 ${ms(latency.p50)}`, `p99 ${ms(latency.p99)}`]),
  ].join(", ");
}

const sources: Readonly<Record<MonitorReference["source"], string>> = {
  training: "of the training sample",
  mlflow: "of the run's dataset",
  predictions: "of the first predictions",
};

export function referenceText(reference: MonitorReference): string {
  const { source, provisional, rows, blocks, block } = reference;
  return [
    `${countText(rows, "row")} ${sources[source]}`,
    ...(blocks > 1 ? [`thresholds from ${partsText(blocks, block)}`] : []),
    ...(provisional ? ["provisional"] : []),
  ].join(", ");
}

/** "90 days", "28 parts of 6 h". */
function partsText(blocks: number, block: string | null): string {
  if (block === "rows") return `${blocks} samples of rows`;
  return block === "hour" || block === "day" ? countText(blocks, block) : `${blocks} parts of ${block ?? "it"}`;
}

/** One sentence for the whole window. */
export function verdictSentence(view: MonitorView): string {
  const { verdict, columns, findings, window } = view;
  if (!view.enabled) return "not watched: monitor is off";
  if (window === null || verdict === "none") return "nothing was judged yet";
  const bad = columns.filter((column) => toneOf(column) === "fail").map(({ name }) => name);
  const failing = findings.filter((finding) => finding.verdict === "fail");
  const whole = failing.map(({ monitor, metric }) => (metric === null ? monitor : `${monitor} ${metric}`));
  const few = columns.filter((column) => toneOf(column) === "quiet").length;
  const told = [
    ...(bad.length > 0 ? [`${bad.length} of ${countText(columns.length, "column")}: ${listText(bad)}`] : []),
    ...whole,
  ];
  if (told.length > 0) return told.join("; ");
  if (verdict === "error") return "a monitor ended with an error";
  if (view.reference === null) return "there is nothing yet to hold it against";
  if (columns.length > 0 && few === columns.length) return "too few rows to say anything";
  return few === 0
    ? "nothing out of the ordinary"
    : `nothing out of the ordinary; too few rows for ${countText(few, "column")}`;
}

/** "a, b, c and 4 more". */
function listText(names: readonly string[]): string {
  const rest = names.length - 3;
  return `${names.slice(0, 3).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}

/** The latest point of each metric and kind, realised ones first. */
export function latestPoints(points: readonly MonitorPerformancePoint[]): MonitorPerformancePoint[] {
  const latest = new Map<string, MonitorPerformancePoint>();
  for (const point of points) if (point.value !== null) latest.set(`${point.kind}/${point.metric}`, point);
  return [...latest.values()].toSorted((a, b) => b.kind.localeCompare(a.kind));
}

/** @param shown the window that stands above: figures of another one say which */
export function pointText(point: MonitorPerformancePoint, shown: MonitorWindow | null): string {
  const { metric, kind, value, lower, upper, min, max, rows, predictions, provisional, verdict } = point;
  const band = lower === null || upper === null ? "" : ` (${figureText(lower)} to ${figureText(upper)})`;
  const bounds = [
    ...(min === null ? [] : [`at least ${figureText(min)}`]),
    ...(max === null ? [] : [`at most ${figureText(max)}`]),
  ].join(", ");
  const from =
    kind === "estimated"
      ? "estimated before labels"
      : `from the labels of ${shareText(predictions === 0 ? 0 : rows / predictions)}${provisional ? ", provisional" : ""}`;
  const fallen = verdict === "fail" ? "FELL, " : "";
  const of = shown === null || point.to === shown.to ? "" : ` of ${windowText(point)}`;
  return `${metric} ${figureText(value)}${band}${of}, ${fallen}${from}${bounds === "" ? "" : `; expected ${bounds}`}`;
}

const sliceWords = { pass: "ok", fail: "failed", insufficient: "too few rows", error: "error", none: "not judged" };

/** "origin=ORD: failed (origin_late_3h), 92 rows". */
function sliceText({ name, rows, verdict, failed }: MonitorSlice): string {
  const what = failed.length === 0 ? "" : ` (${listText(failed)})`;
  return `${name}: ${sliceWords[verdict]}${what}, ${countText(rows, "row")}`;
}

export function summaryFacts(view: MonitorView, now: number): Facts {
  const { window, reference, performance, incidents } = view;
  const version = view.version === null ? "" : `@${view.version}`;
  const length = durationText(view.window_ms);
  const ends = window === null ? "" : `, ${relativeTime(window.to, now)}`;
  return [
    [
      "endpoint",
      view.model === null || view.model === view.endpoint
        ? `${view.endpoint}${version}`
        : `${view.endpoint}: ${view.model}${version}`,
    ],
    ["slice", view.slice],
    [
      "window",
      window === null
        ? `none with predictions is over yet; one is ${length}`
        : `${windowText(window)} (${length}${ends})`,
    ],
    ["traffic", window && trafficText(window)],
    ["reference", reference && referenceText(reference)],
    [
      "performance",
      latestPoints(performance.points)
        .map((point) => pointText(point, window))
        .join("\n"),
    ],
    [
      "labels",
      performance.label_rate === null ? null : `${shareText(performance.label_rate)} of those that are due have come`,
    ],
    ["slices", view.slice === "" ? view.slices.map(sliceText).join("\n") : null],
    [
      "incidents",
      incidents.map(({ id, severity, title }) => `${severity}: ${title} (slipway incidents show ${id})`).join("\n"),
    ],
    ["verdict", verdictSentence(view)],
    ["note", [...view.notes, ...(reference?.notes ?? [])].join("\n")],
  ];
}
