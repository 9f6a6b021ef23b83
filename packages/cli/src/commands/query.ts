import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { QueryAnswer } from "@slipway/contract";
import { textOption, type Context, type Input } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { parseLimit } from "../limit.ts";
import { note, writeJson, writeList } from "../output.ts";
import type { Column } from "../table.ts";
import { parseSince } from "../time.ts";

/** A query may wait until everything on record is in the lake. */
const waitMs = 300_000;

/** `predictions NAME --sql`, and all predictions as Parquet where there is no SQL. */
export async function queryPredictions(context: Context, name: string, input: Input): Promise<void> {
  for (const option of ["key", "errors", "follow"])
    if (input.options[option] !== undefined)
      throw new UsageError(`--${option} does not go with --sql or -o parquet: say it in the SQL.`);
  const out = textOption(input, "out");
  const format = toFormat(context, out);
  if (format === "parquet" && out === undefined && context.stdout.isTTY === true)
    throw new UsageError("Parquet is no text for a terminal: give --out FILE, or pipe it into another program.");
  const limit = textOption(input, "limit");
  const [since, until] = [textOption(input, "since"), textOption(input, "until")];
  const count = limit === undefined ? undefined : Math.min(parseLimit(limit), 5_000_000);
  const query = {
    sql: textOption(input, "sql") ?? "SELECT * FROM predictions ORDER BY predicted_at",
    format,
    limit: count,
    since: since === undefined ? undefined : parseSince(since),
    until: until === undefined ? undefined : parseSince(until),
  };
  const call = { timeoutMs: context.settings.timeoutMs ?? waitMs };
  const client = context.client().predictions;
  if (format === "json") return show(context, await client.query(name, { ...query, ...call }), out);
  const answer = await client.queryFile(name, { ...query, format, ...call });
  const target = out === undefined ? process.stdout : createWriteStream(out);
  await pipeline(Readable.fromWeb(answer.body as never), target, { end: out !== undefined });
  if (out !== undefined) note(context, `${answer.rows} rows are in ${out}.`);
  if (answer.truncated) note(context, truncatedNote(answer.rows));
}

/** What the server is asked for: tables and JSON are made from its JSON. */
function toFormat(context: Context, out: string | undefined): "json" | "csv" | "parquet" {
  const { format } = context.settings;
  if (format === "csv" || format === "parquet") return format;
  if (out === undefined) return "json";
  throw new UsageError("--out writes a file of -o csv or -o parquet; `> FILE` keeps everything else.");
}

async function show(context: Context, answer: QueryAnswer, out: string | undefined): Promise<void> {
  if (out !== undefined) throw new UsageError("--out goes with -o csv and -o parquet.");
  const { columns, rows, truncated } = answer;
  if (context.settings.format === "json") writeJson(context, rows);
  else {
    const shown: Column<Record<string, unknown>>[] = columns.map(({ name, type }) => ({
      title: name,
      value: (row) => toCell(row[name]),
      ...(/INT|FLOAT|DOUBLE|DECIMAL/.test(type) ? { align: "right" as const } : {}),
    }));
    await writeList(context, shown, rows);
  }
  if (truncated) note(context, truncatedNote(rows.length));
}

function toCell(value: unknown): unknown {
  return typeof value === "object" && value !== null ? JSON.stringify(value) : value;
}

function truncatedNote(rows: number): string {
  return `There are more; these are the first ${rows} rows. --limit asks for more.`;
}
