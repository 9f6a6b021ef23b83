import type { AbMetricReport, AbReport, AbRequest } from "@slipway/contract";
import { argument, choiceOption, textOption, type Context, type Input, type Run } from "../context.ts";
import { exitCodes, UsageError } from "../exit-codes.ts";
import { writeJson, writeList } from "../output.ts";
import { renderFacts, type Column } from "../table.ts";
import { parseSince } from "../time.ts";

export const ab: Run = async (context, input) => {
  const [since, until] = [textOption(input, "since"), textOption(input, "until")];
  const report = await context.client().ab.report(argument(input, 0), {
    metrics: toMetrics(textOption(input, "metric")),
    sql: toSql(input),
    unit: textOption(input, "unit"),
    since: since === undefined ? undefined : parseSince(since),
    until: until === undefined ? undefined : parseSince(until),
    alpha: toAlpha(textOption(input, "alpha")),
    ...(context.settings.timeoutMs === undefined ? {} : { timeoutMs: context.settings.timeoutMs }),
  });
  const { format } = context.settings;
  if (format === "json") writeJson(context, report);
  else if (format === "csv") await writeList(context, comparisonColumns, toComparisons(report));
  else await show(context, report);
  // One that could not be looked at is no answer.
  return report.metrics.some(({ comparisons }) => comparisons.some(({ outcome }) => outcome === "error"))
    ? exitCodes.failed
    : exitCodes.ok;
};

/** What a server of this version measures by itself. */
const metricNames = ["errors", "fallbacks", "wrong", "brier", "log_loss", "absolute_error", "squared_error"] as const;

/** @throws UsageError that names them */
function toMetrics(text: string | undefined): AbRequest["metrics"] {
  return text?.split(",").map((name) => {
    const found = metricNames.find((each) => each === name.trim());
    if (found !== undefined) return found;
    throw new UsageError(`--metric is of ${metricNames.join(", ")}, not ${JSON.stringify(name.trim())}.`);
  });
}

function toSql(input: Input) {
  const sql = textOption(input, "sql");
  const better = choiceOption(input, "better", ["higher", "lower"]);
  const name = textOption(input, "name");
  if (sql !== undefined) return [{ name: name ?? "value", sql, ...(better === undefined ? {} : { better }) }];
  if (name !== undefined || better !== undefined) throw new UsageError("--name and --better are of --sql.");
  return undefined;
}

function toAlpha(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const alpha = Number(text);
  if (alpha > 0 && alpha < 0.5) return alpha;
  throw new UsageError(`--alpha is a share between 0 and 0.5, such as 0.05, not ${text}.`);
}

type Arm = AbReport["arms"][number];

const armColumns: readonly Column<Arm>[] = [
  { title: "arm", value: ({ arm }) => arm },
  { title: "version", value: ({ version }) => version, align: "right" },
  { title: "share", value: ({ share }) => share, text: ({ share }) => `${share / 100} %`, align: "right" },
  { title: "units", value: ({ units }) => units, align: "right" },
  { title: "rows", value: ({ rows }) => rows, align: "right" },
];

interface Comparison {
  readonly metric: AbMetricReport;
  readonly of: AbMetricReport["comparisons"][number];
}

const meanOf = ({ means }: AbMetricReport, arm: string) => means.find((each) => each.arm === arm)?.mean ?? null;
const figure = (value: number | null | undefined) =>
  value === null || value === undefined ? "" : String(Number(value.toPrecision(3)));

const comparisonColumns: readonly Column<Comparison>[] = [
  { title: "metric", value: ({ metric }) => metric.metric },
  { title: "arm", value: ({ of }) => of.arm },
  column("mean", ({ metric, of }) => meanOf(metric, of.arm)),
  { title: "versus", value: ({ of }) => of.versus },
  column("versus_mean", ({ metric, of }) => meanOf(metric, of.versus)),
  column("difference", ({ of }) => of.estimate),
  column("at_least", ({ of }) => of.interval?.[0] ?? null),
  column("at_most", ({ of }) => of.interval?.[1] ?? null),
  column("p", ({ of }) => of.p),
  { title: "outcome", value: ({ of }) => of.outcome },
];

function column(title: string, value: (item: Comparison) => number | null): Column<Comparison> {
  return { title, value, text: (item) => figure(value(item)), align: "right" };
}

function toComparisons({ metrics }: AbReport): Comparison[] {
  return metrics.flatMap((metric) => metric.comparisons.map((of) => ({ metric, of })));
}

async function show(context: Context, report: AbReport): Promise<void> {
  const { stdout } = context;
  const unit = report.unit === null ? "each request" : report.unit;
  stdout.write(
    renderFacts([
      ["endpoint", report.endpoint],
      ["split", `${report.from} to ${report.running ? "now" : report.to}`],
      ["unit", unit],
      ["left out", leftOut(report)],
    ]),
  );
  stdout.write("\n");
  await writeList(context, armColumns, report.arms);
  stdout.write("\n");
  await writeList(context, comparisonColumns, toComparisons(report));
  stdout.write(`\n${report.summary}\n`);
  for (const { message } of report.problems) stdout.write(`! ${message}\n`);
  for (const { of } of toComparisons(report)) stdout.write(`  ${of.message}\n`);
}

function leftOut({ mixed_units: mixed, rows_without_unit: without, rows_by_rule: ruled }: AbReport): string {
  const parts = [
    ...(mixed > 0 ? [`${mixed} units that met several arms`] : []),
    ...(without > 0 ? [`${without} rows without a unit`] : []),
    ...(ruled > 0 ? [`${ruled} rows that a rule sent`] : []),
  ];
  return parts.join(", ");
}
