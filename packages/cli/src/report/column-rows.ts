import type { MonitorColumn, MonitorColumnFigures, MonitorSeries } from "@slipway/contract";
import { findDrift, toneOf, verdictText } from "../monitor/column-verdict.ts";
import { countText, figureText, pText, shareText } from "../monitor/figure-text.ts";
import { categoryBars, histogramSymbol, numberHistogram, smallHistogram } from "./histogram.ts";
import { at, escape, section, table } from "./markup.ts";

type Series = MonitorSeries["series"][number];

const mostOpen = 4;

/** All columns, each a row that opens; the first that failed are open already. */
export function columnSection(columns: readonly MonitorColumn[], series: readonly Series[]): string {
  const symbols = columns.map(({ distribution }, i) =>
    distribution === null ? "" : histogramSymbol(`h${i}`, distribution),
  );
  const opened = new Set(columns.filter((column) => toneOf(column) === "fail").slice(0, mostOpen));
  const rows = columns.map((column, i) =>
    toRow(column, { id: `h${i}`, series: series.find((each) => isOf(each, column)), open: opened.has(column) }),
  );
  return section("columns", "Columns", [
    key,
    `<svg width="0" height="0" aria-hidden="true">${symbols.join("")}</svg>`,
    `<div class="columns">${heading}${rows.join("\n")}</div>`,
  ]);
}

const key = `<p class="key"><span><i style="background:var(--ref)"></i>reference</span><span><i style="background:var(--now)"></i>this window</span><span>A row opens when it is clicked.</span></p>`;

const heading = `<div class="row head"><span></span><span>column</span><span>verdict</span><span class="n wideonly">drift</span><span class="n wideonly">p</span><span class="n wideonly">effect</span><span class="wideonly">last windows</span><span class="wideonly">values</span></div>`;

function isOf(series: Series, { name }: MonitorColumn): boolean {
  return series.column === name && isDrift(series.monitor);
}

function isDrift(monitor: string): boolean {
  return monitor.startsWith("drift.");
}

const marks = { fail: ["✗", "bad"], pass: ["✓", "good"], quiet: ["◌", "soft"], error: ["!", "warn"] } as const;

interface Row {
  readonly id: string;
  readonly series: Series | undefined;
  readonly open: boolean;
}

function toRow(column: MonitorColumn, { id, series, open }: Row): string {
  const { name, role, distribution } = column;
  const drift = findDrift(column);
  const tone = toneOf(column);
  const [mark, colour] = marks[tone];
  const figures = [figureText(drift?.value), pText(drift?.p_adjusted ?? drift?.p), figureText(drift?.effect)];
  const cells = [
    `<span class="${colour}" aria-hidden="true">${mark}</span>`,
    `<span class="name">${escape(name)}${role === "input" ? "" : ` <small>${role}</small>`}</span>`,
    `<span class="${colour}">${escape(verdictText(column))}</span>`,
    ...figures.map((figure) => `<span class="n wideonly">${escape(figure) || "–"}</span>`),
    `<span class="wideonly">${recentMarks(series?.verdicts ?? column.recent)}</span>`,
    `<span class="wideonly">${distribution === null ? "" : smallHistogram(id)}</span>`,
  ];
  return `<details class="column"${open ? " open" : ""}><summary class="row">${cells.join("")}</summary><div class="inside">${inside(column, id)}</div></details>`;
}

const mostMarks = 24;

function recentMarks(verdicts: string): string {
  const letters = Array.from(verdicts.slice(-mostMarks));
  const each = 120 / mostMarks;
  const paths = ["p", "i", "e", "f"].map((letter) => {
    const [y, high] = letter === "f" ? [0, 14] : [4, 6];
    const found = letters.flatMap((own, i) =>
      own === letter ? [`M${at(i * each)} ${y}h${at(each - 1)}v${high}h-${at(each - 1)}z`] : [],
    );
    return found.length === 0 ? "" : `<path class="v${letter}" d="${found.join("")}"/>`;
  });
  const failed = letters.filter((letter) => letter === "f").length;
  return `<svg class="marks" viewBox="0 0 120 14" role="img" aria-label="${failed} of the last ${letters.length} failed">${paths.join("")}</svg>`;
}

function inside(column: MonitorColumn, id: string): string {
  const { name, kind, distribution, findings, importance } = column;
  // What was looked at beside the drift and is as usual is only counted.
  const said = findings.filter(({ verdict, monitor }) => verdict === "fail" || verdict === "error" || isDrift(monitor));
  const rest = findings.filter((finding) => finding.verdict === "pass" && !said.includes(finding)).length;
  const told = said.map(({ verdict, message, metric, rows, threshold, reference_rows }) => {
    const [mark, colour] = marks[verdict === "insufficient" ? "quiet" : verdict];
    const against = reference_rows === null ? "" : ` against ${reference_rows.toLocaleString("en-US")}`;
    const bound = threshold === null ? "" : `, bound ${figureText(threshold)}`;
    const how = `${metric === null ? "" : `${metric}, `}${countText(rows, "row")}${against}${bound}`;
    return `<p><span class="${colour}">${mark}</span> ${escape(message)} <span class="soft">(${escape(how)})</span></p>`;
  });
  const fine =
    rest === 0 ? "" : `<p><span class="good">✓</span> ${countText(rest, "more monitor")} of its data passed.</p>`;
  const weight =
    importance === null
      ? ""
      : `<p class="soft">${escape(shareText(importance))} of the model's answers hang on it.</p>`;
  const picture =
    distribution === null
      ? `<p class="soft">There is no distribution to show.</p>`
      : kind === "number" && distribution.edges !== null
        ? numberHistogram(id, name, distribution)
        : categoryBars(name, distribution);
  return `<div class="wide">${told.join("")}${fine}${weight}</div><div>${picture}</div><div>${figureTable(column)}</div>`;
}

type Figure = keyof MonitorColumnFigures;
const shares: readonly (readonly [string, Figure])[] = [
  ["missing", "missing"],
  ["of another type, or no finite number", "invalid"],
  ["out of range", "out_of_range"],
  ["unseen values", "unseen"],
];
const values: readonly (readonly [string, Figure])[] = [
  ["mean", "mean"],
  ["standard deviation", "std"],
  ["smallest", "min"],
  ["5 %", "p05"],
  ["median", "median"],
  ["95 %", "p95"],
  ["largest", "max"],
  ["different values, about", "distinct"],
];

function figureTable({ reference, current }: MonitorColumn): string {
  const share = (of: MonitorColumnFigures | null, figure: Figure) =>
    of === null || of.rows === 0 ? "" : shareText(Number(of[figure]) / of.rows);
  const value = (of: MonitorColumnFigures | null, figure: Figure) =>
    figureText(of?.[figure] as number | null | undefined);
  const told = (figure: Figure) => (reference?.[figure] ?? null) !== null || (current?.[figure] ?? null) !== null;
  const some = (figure: Figure) => Number(reference?.[figure] ?? 0) > 0 || Number(current?.[figure] ?? 0) > 0;
  const rows = [
    ["rows", value(reference, "rows"), value(current, "rows")],
    ...shares
      .filter(([, figure]) => figure === "missing" || some(figure))
      .map(([title, figure]) => [title, share(reference, figure), share(current, figure)]),
    ...values
      .filter(([, figure]) => told(figure))
      .map(([title, figure]) => [title, value(reference, figure), value(current, figure)]),
  ];
  return table(["", "reference", "now"], rows, { caption: "Figures" });
}
