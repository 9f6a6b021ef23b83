import type { MonitorColumn } from "@slipway/contract";
import type { Style } from "../style.ts";
import type { Column } from "../table.ts";
import { findDrift, toneOf, verdictText } from "./column-verdict.ts";
import { figureText, pText } from "./figure-text.ts";
import { toMarks, toSpark, topOf } from "./spark.ts";

const sparkWidth = 10;
const markWidth = 8;

/** The table of `slipway monitor show`; a CSV has the figures as they are. */
export function monitorColumns(window: { readonly from: string } | null): readonly Column<MonitorColumn>[] {
  const drift = (of: "value" | "threshold" | "effect") => ({
    value: (column: MonitorColumn) => findDrift(column)?.[of],
    text: (column: MonitorColumn) => figureText(findDrift(column)?.[of]),
    align: "right" as const,
  });
  return [
    { title: "feature", value: ({ name }) => name, flexible: true },
    { title: "drift", ...drift("value") },
    { title: "bound", ...drift("threshold") },
    {
      title: "p",
      value: (column) => findDrift(column)?.p_adjusted ?? findDrift(column)?.p,
      text: (column) => pText(findDrift(column)?.p_adjusted ?? findDrift(column)?.p),
      align: "right",
    },
    { title: "effect", ...drift("effect") },
    { title: "window", value: () => window?.from ?? null, text: ({ recent }) => toMarks(recent, markWidth) },
    { title: "verdict", value: verdictText, flexible: true },
    {
      title: "reference",
      value: ({ distribution }) => distribution?.reference,
      text: (column) => spark(column, "reference"),
    },
    { title: "now", value: ({ distribution }) => distribution?.current, text: (column) => spark(column, "current") },
  ];
}

function spark({ distribution }: MonitorColumn, which: "reference" | "current"): string {
  const shares = distribution?.[which];
  if (!shares) return "";
  const both = [distribution?.reference ?? [], distribution?.current ?? []];
  return toSpark(shares, sparkWidth, topOf(both, sparkWidth));
}

/** Colours a line of the table by its verdict; the heading stays as it is. */
export function paintLine(line: string, column: MonitorColumn, style: Style): string {
  const tone = toneOf(column);
  return tone === "fail" || tone === "error" ? style.red(line) : tone === "quiet" ? style.dim(line) : line;
}
