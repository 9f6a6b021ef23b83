import { statSync } from "node:fs";
import { basename } from "node:path";
import type { ComparisonResult, NewComparison } from "@slipway/contract";
import { requireName, requireVersionAddress } from "../addresses.ts";
import { argument, textOption, type Context, type Input, type Run } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { followOperation } from "../follow-operation.ts";
import { parseLimit } from "../limit.ts";
import { note, writeJson, writeList } from "../output.ts";
import { renderFacts, type Column } from "../table.ts";
import { parseSince } from "../time.ts";
import { parseTolerance } from "../tolerance.ts";
import { requireFormat, uploadTable } from "../upload-table.ts";

type Output = ComparisonResult["outputs"][number];
type Slice = ComparisonResult["slices"][number];
type Loss = NonNullable<ComparisonResult["labelled"]>["losses"][number];

const mostRows = 100_000;
const mostSlices = 12;

export const compare: Run = async (context, input) => {
  const [a, b] = [argument(input, 0), argument(input, 1)];
  for (const address of [a, b]) requireVersionAddress(address);
  const request = { a, b, ...(await toRows(context, input)), ...toHow(input) };
  const { result } = await followOperation(context, "The comparison", (signal) =>
    context.client().comparisons.create(request, { signal }),
  );
  await write(context, result as unknown as ComparisonResult);
};

/** `logged`, `logged:7d`, or a file, which is uploaded. */
async function toRows(context: Context, input: Input): Promise<Omit<NewComparison, "a" | "b">> {
  const on = textOption(input, "on") ?? "logged:7d";
  const label = textOption(input, "label");
  const endpoint = textOption(input, "endpoint");
  const [, since = null] = /^logged(?::(.+))?$/.exec(on) ?? [];
  if (/^logged(?::|$)/.test(on)) {
    if (label !== undefined)
      throw new UsageError("--label is about a file: labels of requests are those that were attached to them.");
    return {
      ...(endpoint !== undefined && { endpoint: requireName(endpoint) }),
      ...(since !== null && { since: parseSince(since) }),
    };
  }
  if (endpoint !== undefined) throw new UsageError("--endpoint is about requests on record, not about a file.");
  requireFormat(on);
  if (statSync(on, { throwIfNoEntry: false })?.isFile() !== true)
    throw new UsageError(`There is no file ${on}: give a table, or logged:7d for the requests of seven days.`);
  const file = { sha256: await uploadTable(context, on), name: basename(on) };
  return { file, ...(label !== undefined && { label }) };
}

function toHow(input: Input): Omit<NewComparison, "a" | "b"> {
  const [limit, slices, rows] = [textOption(input, "limit"), textOption(input, "slices"), textOption(input, "minRows")];
  return {
    ...(limit === undefined ? {} : { limit: Math.min(mostRows, parseLimit(limit)) }),
    ...(slices === undefined ? {} : { slices: slices.split(",").map((name) => name.trim()) }),
    ...(rows === undefined ? {} : { min_rows: parseLimit(rows) }),
    ...parseTolerance(input, "absolute"),
    ...parseTolerance(input, "relative"),
  };
}

async function write(context: Context, found: ComparisonResult): Promise<void> {
  const { format } = context.settings;
  if (format === "json") return writeJson(context, found);
  if (format === "csv") return writeList(context, outputColumns, found.outputs);
  const { labelled, latency } = found;
  context.stdout.write(
    renderFacts([
      ["compared", `${found.a} with ${found.b}`],
      ["on", onText(found)],
      ["rows", `${found.rows} in ${found.requests} requests${found.limited ? ", and there are more" : ""}`],
      [
        "different",
        `${found.different}${found.main === null ? "" : ` by ${found.main} (${share(found.disagreement)})`}`,
      ],
      ["flips", found.flips.map(({ from, to, rows }) => `${from} -> ${to}: ${rows}`).join("\n")],
      ["labelled", labelled === null ? null : labelled.rows],
      ["negative flips", flipText(found.a, found.b, labelled?.negative_flips)],
      ["positive flips", flipText(found.b, found.a, labelled?.positive_flips)],
      ["latency", latencyText(found.a, latency.a)],
      ["", latencyText(found.b, latency.b)],
      ["not answered", failedText(found)],
      [
        "not replayable",
        Object.entries(found.not_replayable)
          .map(([why, count]) => `${why} ${count}`)
          .join(", "),
      ],
    ]),
  );
  if (found.outputs.length > 0) await writePart(context, outputColumns, found.outputs);
  if (labelled !== null) await writePart(context, lossColumns, labelled.losses);
  if (found.slices.length > 0) await writeSlices(context, found.slices);
  if (found.examples.length > 0) await writePart(context, exampleColumns, found.examples.slice(0, 5));
  for (const { side, row, message } of found.failures) note(context, `${found[side]} on ${row}: ${message}`);
  for (const { prediction, reason, message } of found.not_replayable_examples)
    note(context, `${prediction || "a record"}: ${reason}. ${message}`);
}

async function writePart<T>(context: Context, columns: readonly Column<T>[], items: readonly T[]): Promise<void> {
  context.stdout.write("\n");
  await writeList(context, columns, items);
}

/** Those that differ most; JSON has all of them. */
async function writeSlices(context: Context, slices: readonly Slice[]): Promise<void> {
  const shown = slices.toSorted((x, y) => (y.disagreement ?? 0) - (x.disagreement ?? 0)).slice(0, mostSlices);
  await writePart(context, sliceColumns, shown);
  if (shown.length < slices.length)
    note(context, `${slices.length - shown.length} more slices differ less; -o json has all of them.`);
}

function onText({ on }: ComparisonResult): string {
  if (on.kind === "file") return on.name;
  return `${on.endpoint}, ${on.first_at === null ? "no request" : `${on.first_at} to ${on.last_at}`}`;
}

function flipText(right: string, wrong: string, rows: number | null | undefined): string | null {
  return rows === null || rows === undefined ? null : `${rows} (${right} right, ${wrong} wrong)`;
}

function latencyText(name: string, latency: ComparisonResult["latency"]["a"]): string | null {
  if (latency === null) return null;
  const [p50, p95, p99] = [latency.p50, latency.p95, latency.p99].map((ms) => numberText(ms));
  return `${name}: p50 ${p50} ms, p95 ${p95} ms, p99 ${p99} ms`;
}

function failedText({ a, b, failed }: ComparisonResult): string | null {
  if (failed.a + failed.b === 0) return null;
  return `${failed.a} rows by ${a}, ${failed.b} by ${b}`;
}

function numberText(value: number | null): string {
  return value === null ? "-" : String(Number(value.toPrecision(3)));
}

function share(value: number | null): string {
  return value === null ? "-" : `${Number((100 * value).toPrecision(3))} %`;
}

const figure = <T>(title: string, value: (item: T) => number | null): Column<T> => ({
  title,
  value,
  text: (item) => numberText(value(item)),
  align: "right",
});

const outputColumns: readonly Column<Output>[] = [
  { title: "output", value: (item) => item.output },
  { title: "rows", value: (item) => item.rows, align: "right" },
  { title: "different", value: (item) => item.different, align: "right" },
  figure("mean_difference", (item) => item.mean_difference),
  figure("mean_absolute", (item) => item.mean_absolute_difference),
  figure("max_absolute", (item) => item.max_absolute_difference),
  figure("wasserstein", (item) => item.wasserstein),
  figure("ks", (item) => item.ks),
];

const lossColumns: readonly Column<Loss>[] = [
  { title: "loss", value: (item) => item.metric },
  { title: "rows", value: (item) => item.rows, align: "right" },
  figure("a", (item) => item.a),
  figure("b", (item) => item.b),
  figure("difference", (item) => item.difference),
  figure("low", (item) => item.low),
  figure("high", (item) => item.high),
];

const sliceColumns: readonly Column<Slice>[] = [
  { title: "slice", value: (item) => item.slice },
  { title: "rows", value: (item) => item.rows, align: "right" },
  { title: "different", value: (item) => item.disagreement, text: (item) => share(item.disagreement), align: "right" },
  { title: "negative_flips", value: (item) => item.labelled?.negative_flips, align: "right" },
  { title: "positive_flips", value: (item) => item.labelled?.positive_flips, align: "right" },
];

const answerText = (answer: Readonly<Record<string, unknown>>): string =>
  Object.entries(answer)
    .map(([name, value]) => `${name} ${typeof value === "number" ? numberText(value) : String(value)}`)
    .join(", ");

const exampleColumns: readonly Column<ComparisonResult["examples"][number]>[] = [
  { title: "row", value: (item) => item.row },
  { title: "a", value: (item) => answerText(item.a), flexible: true },
  { title: "b", value: (item) => answerText(item.b), flexible: true },
  { title: "truth", value: (item) => item.truth },
];
