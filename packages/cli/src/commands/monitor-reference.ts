import type { MonitorColumn, MonitorReferenceView } from "@slipway/contract";
import { requireAddress } from "../addresses.ts";
import { argument, type Context, type Run } from "../context.ts";
import { followOperation } from "../follow-operation.ts";
import { figureText, shareText } from "../monitor/figure-text.ts";
import { toSpark } from "../monitor/spark.ts";
import { referenceText } from "../monitor/summary.ts";
import { note, writeJson, writeList, writeOne, type Facts } from "../output.ts";
import type { Column } from "../table.ts";
import { relativeTime } from "../time.ts";

export const monitorReference: Run = async (context, input) => {
  const { name, version, alias } = requireAddress(argument(input, 0));
  const options = { version: version ?? alias };
  const { monitoring } = context.client();
  if (input.options.make === true)
    await followOperation(context, "Making the reference", (signal) =>
      monitoring.makeReference(name, { ...options, signal }),
    );
  const view = await monitoring.reference(name, options);
  const { format } = context.settings;
  if (format === "json") return writeJson(context, view);
  if (format === "csv") return writeList(context, columns, view.columns);
  writeOne(context, view, toFacts(context, view));
  if (view.columns.length === 0) return;
  note(context, "");
  await writeList(context, columns, view.columns);
};

function toFacts(
  context: Context,
  { endpoint, model, version, reference, metrics, notes }: MonitorReferenceView,
): Facts {
  const span =
    reference?.from && reference.to ? `${reference.from.slice(0, 10)} to ${reference.to.slice(0, 10)}` : null;
  const told = metrics.map(
    ({ metric, value, spread }) =>
      `${metric} ${figureText(value)}${spread > 0 ? `, give or take ${figureText(spread)}` : ""}`,
  );
  return [
    ["endpoint", model === endpoint ? `${endpoint}@${version}` : `${endpoint}: ${model}@${version}`],
    ["reference", reference === null ? "none" : referenceText(reference)],
    ["rows of", span],
    ["labels", reference?.label],
    ["performance", told.join("\n")],
    ["made", reference && relativeTime(reference.created_at, context.now())],
    ["note", [...(reference?.notes ?? []), ...notes].join("\n")],
  ];
}

const sparkWidth = 16;
const figure = (title: string, of: "mean" | "std" | "min" | "median" | "max" | "distinct"): Column<MonitorColumn> => ({
  title,
  value: ({ reference }) => reference?.[of],
  text: ({ reference }) => figureText(reference?.[of]),
  align: "right",
});

const columns: readonly Column<MonitorColumn>[] = [
  { title: "feature", value: ({ name }) => name, flexible: true },
  { title: "role", value: ({ role }) => role },
  {
    title: "importance",
    value: ({ importance }) => importance,
    text: (column) => shareText(column.importance),
    align: "right",
  },
  {
    title: "missing",
    value: ({ reference }) => reference?.missing,
    text: ({ reference }) =>
      reference === null || reference.rows === 0 ? "" : shareText(reference.missing / reference.rows),
    align: "right",
  },
  figure("mean", "mean"),
  figure("std", "std"),
  figure("min", "min"),
  figure("median", "median"),
  figure("max", "max"),
  figure("distinct", "distinct"),
  {
    title: "values",
    value: ({ distribution }) => distribution?.reference,
    text: ({ distribution }) => (distribution?.reference ? toSpark(distribution.reference, sparkWidth) : ""),
  },
];
