import type { Prediction } from "@slipway/contract";
import type { PredictionFilter } from "@slipway/sdk";
import { requireName } from "../addresses.ts";
import { argument, textOption, type Context, type Run } from "../context.ts";
import { toCsvLine } from "../csv.ts";
import { parseLimit, take } from "../limit.ts";
import { UsageError } from "../exit-codes.ts";
import { createLineWriter, writeList } from "../output.ts";
import { queryPredictions } from "./query.ts";
import type { Column } from "../table.ts";
import { clockText, parseSince, relativeTime } from "../time.ts";

/** How many are shown before new ones where --follow has no --since and no --limit. */
const backlog = 10;

function fieldsText(fields: Readonly<Record<string, unknown>>): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(" ");
}

function millisecondsOf(item: Prediction): string {
  return (item.durations_us.total / 1000).toFixed(1);
}

function tableColumns(time: (item: Prediction, now: number) => string): Column<Prediction>[] {
  return [
    { title: "time", value: (item) => item.at, text: time },
    { title: "id", value: (item) => item.id },
    {
      title: "version",
      value: (item) => `${item.model}@${item.version}`,
      text: (item) => `${item.model}@${item.version}${item.shadow_of === undefined ? "" : " (shadow)"}`,
    },
    { title: "status", value: (item) => item.error?.code ?? item.status },
    { title: "ms", value: millisecondsOf, align: "right" },
    { title: "key", value: (item) => item.key },
    { title: "outputs", value: (item) => item.error?.message ?? fieldsText(item.outputs), flexible: true },
    { title: "inputs", value: (item) => fieldsText(item.inputs), flexible: true },
  ];
}

export const predictions: Run = async (context, input) => {
  const name = requireName(argument(input, 0));
  if (textOption(input, "sql") !== undefined || context.settings.format === "parquet")
    return queryPredictions(context, name, input);
  for (const option of ["out", "until"])
    if (textOption(input, option) !== undefined) throw new UsageError(`--${option} goes with --sql or -o parquet.`);
  const since = textOption(input, "since");
  const filter: PredictionFilter = {
    since: since === undefined ? undefined : parseSince(since),
    errors: input.options.errors === true ? true : undefined,
    key: textOption(input, "key"),
    shadows: input.options.shadows === true ? true : undefined,
  };
  const given = textOption(input, "limit");
  const limit = given === undefined ? undefined : parseLimit(given);
  if (input.options.follow === true) return follow(context, name, { filter, limit });
  const count = limit ?? 20;
  const all = context.client().predictions.all(name, { ...filter, limit: Math.min(count, 1000) });
  const items = take(all, count);
  if (context.settings.format === "csv") return writeCsv(context, items);
  await writeList(
    context,
    tableColumns((item, now) => relativeTime(item.at, now)),
    items,
  );
};

/** The last few, oldest first, then new ones until Ctrl-C; JSON is one object a line here. */
async function follow(
  context: Context,
  name: string,
  options: { filter: PredictionFilter; limit: number | undefined },
): Promise<void> {
  const client = context.client();
  const { filter, limit } = options;
  const shown = new Set<string>();
  const write = createWriter(context);
  let { since } = filter;
  if (since === undefined || limit !== undefined) {
    const count = limit ?? backlog;
    const newest: Prediction[] = [];
    const all = client.predictions.all(name, { ...filter, limit: Math.min(count, 1000) });
    for await (const item of take(all, count)) newest.push(item);
    write(newest.reverse());
    for (const item of newest) shown.add(item.id);
    since = newest.at(-1)?.at ?? since;
  }
  for await (const item of client.predictions.follow(name, { ...filter, since }))
    if (!shown.delete(item.id)) write([item]);
}

function createWriter(context: Context): (items: readonly Prediction[]) => void {
  const clock = tableColumns((item) => clockText(item.at));
  if (context.settings.format !== "csv") return createLineWriter(context, clock);
  const toLines = createCsv();
  return (items) => void context.stdout.write(toLines(items));
}

async function writeCsv(context: Context, items: AsyncIterable<Prediction>): Promise<void> {
  const toLines = createCsv();
  let piece: Prediction[] = [];
  for await (const item of items) {
    piece.push(item);
    if (piece.length < 500) continue;
    context.stdout.write(toLines(piece));
    piece = [];
  }
  context.stdout.write(toLines(piece));
}

/**
 * Inputs and outputs are columns of their own, named by the first piece; what a later prediction has besides (another
 * version may take other inputs) stands as JSON in the last column, so nothing is lost.
 */
export function createCsv(): (items: readonly Prediction[]) => string {
  const about = ["id", "at", "endpoint", "model", "version", "status", "key", "total_us", "error"] as const;
  let inputs: string[] | undefined;
  let outputs: string[] = [];
  return (items) => {
    const lines: string[] = [];
    if (inputs === undefined) {
      inputs = names(items.map((item) => item.inputs));
      outputs = names(items.map((item) => item.outputs));
      const titles = [...inputs.map((n) => `input.${n}`), ...outputs.map((n) => `output.${n}`)];
      lines.push(toCsvLine([...about, ...titles, "more"]));
    }
    for (const item of items) {
      const more = { ...besides(item.inputs, inputs, "input"), ...besides(item.outputs, outputs, "output") };
      const { id, at, endpoint, model, version, status, key } = item;
      lines.push(
        toCsvLine([
          id,
          at,
          endpoint,
          model,
          version,
          status,
          key,
          item.durations_us.total,
          item.error === null ? null : `${item.error.code}: ${item.error.message}`,
          ...inputs.map((n) => item.inputs[n]),
          ...outputs.map((n) => item.outputs[n]),
          Object.keys(more).length === 0 ? null : more,
        ]),
      );
    }
    return lines.map((line) => `${line}\n`).join("");
  };
}

function names(fields: readonly Readonly<Record<string, unknown>>[]): string[] {
  return [...new Set(fields.flatMap((item) => Object.keys(item)))];
}

function besides(
  fields: Readonly<Record<string, unknown>>,
  known: readonly string[],
  prefix: string,
): Record<string, unknown> {
  const more = Object.entries(fields).filter(([name]) => !known.includes(name));
  return Object.fromEntries(more.map(([name, value]) => [`${prefix}.${name}`, value]));
}
