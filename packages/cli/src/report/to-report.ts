import type { MonitorFinding, MonitorSeries, MonitorSlice, MonitorView } from "@slipway/contract";
import { figureText, shareText } from "../monitor/figure-text.ts";
import { columnSection } from "./column-rows.ts";
import { groundwork, head } from "./head.ts";
import { barChart, performanceChart } from "./line-chart.ts";
import { escape, section, table } from "./markup.ts";
import { style } from "./style.ts";
import { createTimeAxis, type TimeAxis } from "./time-axis.ts";
import { verdictStrip } from "./verdict-strip.ts";

export interface ReportData {
  readonly view: MonitorView;
  readonly series: MonitorSeries;
  /** RFC 3339. */
  readonly madeAt: string;
}

/** A whole page in one file: no script, no font and nothing else from anywhere, so that it can be mailed and kept. */
export function toReport({ view, series, madeAt }: ReportData): string {
  const axis = createTimeAxis(series.windows);
  const title = `${view.endpoint}${view.version === null ? "" : `@${view.version}`}: what was found`;
  return [
    `<!doctype html>`,
    `<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">`,
    `<meta name="generator" content="Slipway"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    `<title>${escape(title)}</title><style>${style}</style></head><body><main>`,
    head(view, madeAt),
    performanceSection(series, axis),
    timelineSection(series, axis),
    view.columns.length === 0 ? "" : columnSection(view.columns, series.series),
    sliceSection(view.slices),
    otherFindings(view.findings),
    groundwork(view),
    explanation,
    `</main></body></html>\n`,
  ].join("\n");
}

function performanceSection({ performance }: MonitorSeries, axis: TimeAxis): string {
  const known = performance.filter(({ value }) => value !== null);
  const metrics = [...new Set(known.map(({ metric }) => metric))];
  if (metrics.length === 0) return "";
  const charts = metrics.map((metric) =>
    performanceChart(
      metric,
      axis,
      known.filter((point) => point.metric === metric),
    ),
  );
  return section("performance", "Performance", [
    `<p class="key"><span><i style="background:var(--now)"></i>realised, from labels; hollow where labels are still coming</span><span><i style="background:var(--then)"></i>estimated before labels</span><span><i style="background:var(--bad)"></i>bound</span><span>bands: three standard errors</span></p>`,
    ...charts.map((chart) => `<div class="card wide">${chart}</div>`),
  ]);
}

function timelineSection(series: MonitorSeries, axis: TimeAxis): string {
  const { windows, truncated } = series;
  if (windows.length === 0) return "";
  const strip = verdictStrip(series, axis);
  const bars = (of: (window: MonitorSeries["windows"][number]) => number) =>
    windows.map((window) => ({ window, value: of(window) }));
  const failed = windows.some(({ errors }) => errors > 0);
  const timed = windows.some(({ latency }) => latency !== null);
  return section("time", "Window by window", [
    strip === null
      ? `<p class="soft">Nothing failed in the ${windows.length} windows shown here.</p>`
      : `<p class="key"><span><i style="background:var(--bad)"></i>failed (higher)</span><span><i style="background:var(--pass)"></i>passed</span><span><i style="background:var(--few)"></i>too few rows</span></p><div class="card wide">${strip}</div>`,
    `<div class="card wide">${barChart(
      "predictions",
      axis,
      bars(({ rows }) => rows),
    )}${
      failed
        ? barChart(
            "failed requests",
            axis,
            bars(({ errors }) => errors),
          )
        : ""
    }${
      timed
        ? barChart(
            "latency p99, ms",
            axis,
            bars(({ latency }) => latency?.p99 ?? 0),
          )
        : ""
    }</div>`,
    truncated ? `<p class="soft">There are more windows; these are the newest ${windows.length}.</p>` : "",
  ]);
}

function sliceSection(slices: readonly MonitorSlice[]): string {
  if (slices.length === 0) return "";
  const rows = slices.map(({ name, rows: count, verdict, failed }) => [
    name,
    words[verdict],
    count.toLocaleString("en-US"),
    failed.join(", "),
  ]);
  return section("slices", "Parts of the traffic", [
    `<div class="card wide">${table(["slice", "verdict", "rows", "failed"], rows, { caption: "By slice, in this window", words: [1, 3] })}</div>`,
  ]);
}

const words = {
  pass: "ok",
  fail: "failed",
  insufficient: "too little to say",
  error: "error",
  none: "not judged",
} as const;

function otherFindings(findings: readonly MonitorFinding[]): string {
  if (findings.length === 0) return "";
  const rows = findings.map(({ monitor, metric, slice, verdict, value, threshold, message }) => [
    `${monitor}${metric === null ? "" : ` ${metric}`}${slice === "" ? "" : `, ${slice}`}`,
    words[verdict],
    monitor.includes("rate") ? shareText(value) : figureText(value),
    figureText(threshold),
    message,
  ]);
  return section("others", "Traffic, system and everything together", [
    `<div class="card wide">${table(["monitor", "verdict", "value", "bound", ""], rows, { caption: "Findings of the window that are about no column", words: [1, 4] })}</div>`,
  ]);
}

const explanation = section("reading", "How to read this", [
  `<div class="card"><p><b>drift</b> says how unusual a column is, as a score: 1 is a standard deviation of what windows of the reference are like, at this number of rows. It fails where the chance of it in a usual window (<b>p</b>, all columns together) is small and the change is large enough to matter (<b>effect</b>: of a number, standard deviations of the reference; of a category, the share of rows that lie elsewhere).</p><p><b>too few rows</b> is an answer: neither drift nor its absence could be told from so little. One window that fails is a remark; an incident needs several.</p><p>Moments are in UTC.</p></div>`,
]);
