import type { Signature } from "@slipway/runtime";
import { readFile, stat } from "node:fs/promises";
import { extname } from "node:path";
import { exampleError } from "./example-error.ts";
import { mostExamples } from "./to-examples.ts";

const mostExampleBytes = 16 * 2 ** 20;

/** Rows of a table, as the lake gives them: of a CSV file all values are text. */
export type ReadRows = (path: string, format: "csv" | "parquet") => Promise<readonly Record<string, unknown>[]>;

export interface ExamplesSource {
  /** Absolute. */
  readonly path: string;
  /** As slipway.yaml names it. */
  readonly file: string;
}

const formats: Readonly<Record<string, "json" | "lines" | "csv" | "parquet">> = {
  ".json": "json",
  ".jsonl": "lines",
  ".ndjson": "lines",
  ".csv": "csv",
  ".tsv": "csv",
  ".parquet": "parquet",
};

/** Which files need a table reader. @throws SlipwayError `invalid_file` for a name that says no format */
export function formatOf(file: string): "json" | "lines" | "csv" | "parquet" {
  const format = formats[extname(file).toLowerCase()];
  if (format !== undefined) return format;
  throw exampleError({ file }, `the name must end in one of ${Object.keys(formats).join(", ")}`);
}

/** The records of a file. @throws SlipwayError `invalid_file` */
export async function readExamples(
  { path, file }: ExamplesSource,
  signature: Signature,
  readRows: ReadRows | null,
): Promise<readonly unknown[]> {
  const format = formatOf(file);
  const { size } = await stat(path);
  if (size > mostExampleBytes)
    throw exampleError({ file }, `${size} bytes are more than the ${mostExampleBytes} that may be kept; take a sample`);
  if (format === "json") return parseJson(await readFile(path, "utf8"), file);
  if (format === "lines") return parseLines(await readFile(path, "utf8"), file);
  if (readRows === null) throw exampleError({ file }, `a ${format} file cannot be read here; write JSON`);
  const rows = await readRows(path, format);
  return format === "parquet" ? rows : rows.map((row) => fromText(signature, row));
}

function parseJson(text: string, file: string): readonly unknown[] {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw exampleError({ file }, `it is not JSON: ${(error as Error).message.replace(/\.$/, "")}`);
  }
  if (Array.isArray(data)) return data;
  throw exampleError({ file }, "it must be a list of {inputs: {…}, outputs: {…}} or of flat records");
}

function parseLines(text: string, file: string): unknown[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  if (lines.length > mostExamples) return lines;
  return lines.map((line, row) => {
    try {
      return JSON.parse(line) as unknown;
    } catch (error) {
      throw exampleError({ file, row }, `it is not JSON: ${(error as Error).message.replace(/\.$/, "")}`);
    }
  });
}

/** A table of text knows neither numbers nor missing values: what an input is says how to read it. Outputs read their own. */
export function fromText(signature: Signature, row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const datatypes = new Map(signature.inputs.map(({ name, datatype }) => [name, datatype]));
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => {
      const datatype = datatypes.get(name);
      return [name, datatype === undefined ? toList(value) : fromCell(datatype, value)];
    }),
  );
}

function fromCell(datatype: string, value: unknown): unknown {
  if (datatype === "BYTES") return value ?? "";
  if (typeof value !== "string") return value;
  const text = value.trim();
  if (text === "" || /^(nan|null|na)$/i.test(text)) return null;
  if (datatype === "BOOL") return /^(true|1)$/i.test(text) ? true : /^(false|0)$/i.test(text) ? false : value;
  if (text.startsWith("[")) return toList(text);
  const number = Number(text);
  if (!Number.isFinite(number)) return value;
  return Number.isInteger(number) && !Number.isSafeInteger(number) && datatype.endsWith("INT64") ? text : number;
}

/** `[0.1, 0.9]` in a cell is a list. */
function toList(value: unknown): unknown {
  if (typeof value !== "string" || !value.startsWith("[")) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
