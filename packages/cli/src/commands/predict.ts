import type { EndpointClient, ManyAnswer, OneAnswer, PredictOptions } from "@slipway/sdk";
import { requireAddress } from "../addresses.ts";
import { argument, textOption, type Context, type Input, type Run } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { createListWriter, warn, writeJson, writeOne, type ListWriter } from "../output.ts";
import { parseRecords, type RecordJson, type Records } from "../records.ts";
import { readSource } from "../stdin.ts";
import type { Column } from "../table.ts";
import { printable } from "../text.ts";

type Fields = Record<string, unknown>;
type Endpoint = EndpointClient<Fields, Fields>;

/** JSON Lines go in requests of so many records. */
const rowsARequest = 500;

interface Row {
  readonly id: string;
  readonly version: string;
  readonly prediction: Fields;
  readonly fallback?: string;
}

export const predict: Run = async (context, input) => {
  const { name, version, alias } = requireAddress(argument(input, 0));
  const records = await readRecords(input);
  const endpoint = context.client().endpoint(name, { pin: version ?? alias });
  const key = textOption(input, "key");
  const { timeoutMs } = context.settings;
  const options: PredictOptions = { key, timeoutMs };
  if (records.form === "one") await predictOne(context, { endpoint, record: records.items[0] ?? {}, options });
  else await predictMany(context, { endpoint, records, options });
};

async function readRecords(input: Input): Promise<Records> {
  const data = textOption(input, "data");
  const file = textOption(input, "file");
  const source = input.args[1];
  if (source !== undefined && source !== "-")
    throw new UsageError(`Give records by --data or --file, or - for stdin; ${JSON.stringify(source)} is neither.`);
  const given = [data, file, source].filter((value) => value !== undefined);
  if (given.length !== 1) throw new UsageError("Give the records once: --data JSON, --file FILE, or - for stdin.");
  if (data !== undefined) return parseRecords(data, "--data");
  const path = file ?? "-";
  return parseRecords(await readSource(path), path === "-" ? "stdin" : path);
}

async function predictOne(
  context: Context,
  call: { endpoint: Endpoint; record: RecordJson; options: PredictOptions },
): Promise<void> {
  const answer = await call.endpoint.predict(call.record, call.options);
  const { prediction, ...about } = answer;
  if (context.settings.format === "csv") {
    const list = createListWriter(context, toColumns([flatten(prediction)]));
    list.items([toRow(answer, flatten(prediction))]);
  } else
    writeOne(context, answer, [
      ...Object.entries(prediction).map(([name, value]) => [name, toCell(value)] as const),
      ["version", `${about.model}@${about.version}`],
      ["id", about.id],
    ]);
  remark(context, answer);
}

async function predictMany(
  context: Context,
  call: { endpoint: Endpoint; records: Records; options: PredictOptions },
): Promise<void> {
  const { items, form } = call.records;
  const size = form === "lines" ? rowsARequest : Math.max(1, items.length);
  let list: ListWriter<Row> | undefined;
  for (let from = 0; from < Math.max(1, items.length); from += size) {
    const answer = await call.endpoint.predict(items.slice(from, from + size), call.options);
    remark(context, answer);
    if (context.settings.format === "json" && form === "list") return writeJson(context, answer);
    const predictions = context.settings.format === "csv" ? answer.predictions.map(flatten) : answer.predictions;
    const rows = predictions.map((prediction, i) => toRow(answer, prediction, i));
    if (context.settings.format === "json") for (const row of rows) context.stdout.write(`${JSON.stringify(row)}\n`);
    else {
      list ??= createListWriter(context, toColumns(predictions));
      list.items(rows);
    }
  }
  list?.end();
}

function toRow(answer: OneAnswer<Fields> | ManyAnswer<Fields>, prediction: Fields, index?: number): Row {
  const id = index === undefined ? answer.id : `${answer.id}/${index}`;
  const version = `${answer.model}@${answer.version}`;
  const { fallback } = answer;
  return { id, version, prediction, ...(fallback === undefined ? {} : { fallback }) };
}

function toColumns(predictions: readonly Fields[]): Column<Row>[] {
  const names = [...new Set(predictions.flatMap((prediction) => Object.keys(prediction)))];
  const fields = names.map((name) => ({
    title: name,
    value: (row: Row) => row.prediction[name],
    text: (row: Row) => toCell(row.prediction[name]),
    flexible: true,
  }));
  const about: Column<Row>[] = [
    { title: "version", value: (row) => row.version },
    { title: "id", value: (row) => row.id },
  ];
  return [...fields, ...about];
}

/** Fields of fields become fields of their own, for a CSV: late.class, late.probabilities.on_time. */
export function flatten(fields: Fields): Fields {
  const flat = Object.entries(fields).flatMap(([name, value]) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.entries(flatten(value as Fields)).map(([inner, item]) => [`${name}.${inner}`, item] as const)
      : [[name, value] as const],
  );
  return Object.fromEntries(flat);
}

/** "late (0.586)" where a class and its probability were predicted, else the value itself. */
export function toCell(value: unknown): string {
  const { class: name, probabilities } = (value ?? {}) as { class?: unknown; probabilities?: Record<string, unknown> };
  const share = typeof name === "string" ? probabilities?.[name] : undefined;
  if (typeof name === "string" && typeof share === "number") return `${name} (${share.toFixed(3)})`;
  return typeof value === "string" ? value : JSON.stringify(value);
}

function remark(context: Context, answer: OneAnswer<Fields> | ManyAnswer<Fields>): void {
  if (answer.fallback !== undefined) warn(context, `the fallback answered: ${printable(answer.fallback)}`);
  if (!answer.logged) warn(context, "the server could not put this prediction on record.");
}
