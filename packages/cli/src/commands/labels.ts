import type { AmbiguousRule, Label, LabelImportRequest, LabelImportResult, LabelSummary } from "@slipway/contract";
import { requireName } from "../addresses.ts";
import { argument, textOption, type Context, type Input, type Run } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { followOperation } from "../follow-operation.ts";
import { parseLimit, take } from "../limit.ts";
import { note, warn, writeJson, writeList, writeOne, type Facts } from "../output.ts";
import type { Column } from "../table.ts";
import { printable } from "../text.ts";
import { parseSince, relativeTime } from "../time.ts";
import { requireFormat, uploadTable } from "../upload-table.ts";

export const label: Run = async (context, input) => {
  const name = requireName(argument(input, 0));
  const file = textOption(input, "file");
  if (file !== undefined) return labelFile(context, input, { name, file });
  const [id, key, value] = [textOption(input, "id"), textOption(input, "key"), textOption(input, "value")];
  if ((id === undefined) === (key === undefined) || value === undefined)
    throw new UsageError("Give --value with --id or --key, or a --file of labels.");
  const observedAt = textOption(input, "observedAt");
  const source = textOption(input, "source");
  const given = {
    ...(id === undefined ? { key: key ?? "" } : { prediction: id }),
    value,
    ...(observedAt === undefined ? {} : { observed_at: observedAt }),
    ...(source === undefined ? {} : { source }),
  };
  const report = await context.client().labels.add(name, given, { ambiguous: ambiguousOf(input) });
  const attached = report.matched === null ? "not looked up" : report.matched > 0 ? "attached" : "not attached";
  writeOne(context, report, [
    ["label", report.stored > 0 ? "stored" : "said already"],
    ["prediction", attached],
    ["note", report.items.map((item) => item.message).join("\n")],
  ]);
};

function ambiguousOf(input: Input): AmbiguousRule | undefined {
  return textOption(input, "ambiguous") as AmbiguousRule | undefined;
}

async function labelFile(
  context: Context,
  input: Input,
  { name, file }: { readonly name: string; readonly file: string },
): Promise<void> {
  for (const option of ["id", "key", "value", "observedAt"])
    if (textOption(input, option) !== undefined) throw new UsageError("Give one label, or a --file of them, not both.");
  const format = requireFormat(file);
  const sha256 = await uploadTable(context, file);
  const source = textOption(input, "source");
  const ambiguous = ambiguousOf(input);
  const request: LabelImportRequest = {
    sha256,
    format,
    columns: columnsOf(input),
    skip_bad: input.options.skipBad === true,
    ...(source === undefined ? {} : { source }),
    ...(ambiguous === undefined ? {} : { ambiguous }),
  };
  const { result } = await followOperation(context, "The import", (signal) =>
    context.client().labels.import(name, request, { signal }),
  );
  writeResult(context, result as unknown as LabelImportResult);
}

function columnsOf(input: Input): NonNullable<LabelImportRequest["columns"]> {
  const named = { id: "idColumn", key: "keyColumn", value: "valueColumn", observed_at: "observedAtColumn" };
  const given = Object.entries(named).map(([column, option]) => [column, textOption(input, option)] as const);
  return Object.fromEntries(given.filter(([, name]) => name !== undefined));
}

function writeResult(context: Context, result: LabelImportResult): void {
  writeOne(context, result, [
    ["rows", result.rows],
    ["stored", result.stored],
    ["said already", result.duplicates],
    ["attached", result.matched],
    ["unknown", result.unknown === 0 ? null : `${result.unknown}: kept, and attached when their predictions come`],
    [
      "ambiguous",
      result.ambiguous === 0 ? null : `${result.ambiguous}: attached to none; --ambiguous latest or all says otherwise`,
    ],
    ["left out", result.skipped === 0 ? null : result.skipped],
  ]);
  if (context.settings.format !== "table") return;
  for (const { line, message } of result.problems.slice(0, 10)) warn(context, `line ${line}: ${printable(message)}`);
}

export const pullLabels: Run = async (context, input) => {
  const name = requireName(argument(input, 0));
  const { result } = await followOperation(context, "The pull", (signal) =>
    context.client().labels.pull(name, { signal }),
  );
  writeResult(context, result as unknown as LabelImportResult);
};

function labelColumns(now: number): Column<Label>[] {
  return [
    { title: "received", value: (item) => item.received_at, text: (item) => relativeTime(item.received_at, now) },
    { title: "observed", value: (item) => item.observed_at },
    { title: "prediction", value: (item) => item.prediction },
    { title: "key", value: (item) => item.key },
    { title: "value", value: (item) => item.value, flexible: true },
    { title: "source", value: (item) => item.source },
  ];
}

export const labels: Run = async (context, input) => {
  const name = requireName(argument(input, 0));
  const client = context.client();
  const since = textOption(input, "since");
  const filter = {
    since: since === undefined ? undefined : parseSince(since),
    prediction: textOption(input, "id"),
    key: textOption(input, "key"),
  };
  const count = parseLimit(textOption(input, "limit") ?? "20");
  const items = take(client.labels.all(name, { ...filter, limit: Math.min(count, 1000) }), count);
  const { format } = context.settings;
  if (format === "csv") return writeList(context, labelColumns(context.now()), items);
  const summary = await client.labels.summary(name);
  if (format === "json") {
    const listed: Label[] = [];
    for await (const item of items) listed.push(item);
    return writeJson(context, { ...summary, items: listed });
  }
  writeOne(context, summary, summaryFacts(summary, context.now()));
  if (summary.labels === 0) return;
  note(context, "");
  await writeList(context, labelColumns(context.now()), items);
};

function summaryFacts(summary: LabelSummary, now: number): Facts {
  const { pull } = summary;
  const ago = (time: string | null) => (time === null ? null : relativeTime(time, now));
  return [
    ["endpoint", summary.endpoint],
    ["labels", summary.labels],
    ["predictions", `${summary.predictions_labelled} labelled, ${summary.corrected} of them corrected`],
    ["unknown", summary.unknown],
    ["ambiguous", summary.ambiguous],
    ["observed", ago(summary.latest_observed_at)],
    ["pulled from", pull && `${pull.source}, every ${pull.every_ms / 1000} s`],
    ["last pull", pull && pull.last_at && `${ago(pull.last_at)}: ${pull.rows ?? 0} rows, ${pull.stored ?? 0} stored`],
    ["next pull", pull && (pull.next_at ?? "now")],
    ["problem", pull && pull.error],
  ];
}
