import { recordsToTensors, sliceRows, type Signature, type Tensor } from "@slipway/runtime";
import { SlipwayError } from "@slipway/contract";
import type { LakeContext } from "../../platform/lake/index.ts";
import { quoteText } from "../../platform/lake/quote.ts";
import { formatOf, fromText, readExamples, type ExamplesSource } from "../examples/read-examples.ts";
import { mostSampleRows } from "./types.ts";

export interface Sample {
  /** The inputs of the signature; every row could be sent. */
  readonly columns: readonly Tensor[];
  readonly rows: number;
  /** Rows of the file that nobody could send, and why the first of them. */
  readonly left: number;
  readonly why: string | null;
}

/** Rows that a model was trained on, spread over the whole file and in no order. @throws SlipwayError `invalid_file` */
export async function readSample(source: ExamplesSource, signature: Signature, db: LakeContext["db"]): Promise<Sample> {
  const records = shuffle((await readRecords(source, signature, db)).map((record) => toInputs(signature, record)));
  const good: Record<string, unknown>[] = [];
  let why: string | null = null;
  for (const record of records) {
    try {
      recordsToTensors(signature, [record], noFields);
      good.push(record);
    } catch (error) {
      if (!SlipwayError.is(error)) throw error;
      why ??= error.message;
    }
  }
  if (good.length === 0) return { columns: [], rows: 0, left: records.length, why };
  const { tensors } = recordsToTensors(signature, good, noFields);
  return { columns: tensors, rows: good.length, left: records.length - good.length, why };
}

const noFields = { extraFields: new Set<string>() };

async function readRecords(
  source: ExamplesSource,
  signature: Signature,
  db: LakeContext["db"],
): Promise<readonly unknown[]> {
  const format = formatOf(source.file);
  if (format !== "csv" && format !== "parquet") return readExamples(source, signature, null);
  const path = quoteText(source.path);
  const table = format === "csv" ? `read_csv(${path}, all_varchar = true, header = true)` : `read_parquet(${path})`;
  await db.lock([source.path]);
  const [counted] = await db.rows(`SELECT count(*) AS total FROM ${table}`);
  const step = Math.max(1, Math.ceil(Number(counted!["total"]) / mostSampleRows));
  const numbered = `SELECT row_number() OVER () - 1 AS ${numberColumn}, * FROM ${table}`;
  const rows = await db.rows(
    `SELECT * EXCLUDE (${numberColumn}) FROM (${numbered}) WHERE ${numberColumn} % ${step} = 0`,
  );
  return format === "csv" ? rows.map((row) => fromText(signature, row)) : rows;
}

const numberColumn = '"slipway row"';

/** The values of the inputs: by name or, where no name fits and there are as many columns, by place. */
function toInputs({ inputs }: Signature, record: unknown): Record<string, unknown> {
  const outer = isObject(record) ? record : {};
  const row = isObject(outer["inputs"]) ? outer["inputs"] : outer;
  const values = Object.values(row);
  const isByPlace = values.length === inputs.length && !inputs.some(({ name }) => Object.hasOwn(row, name));
  return Object.fromEntries(
    inputs.flatMap(({ name, datatype }, place) => {
      const value = isByPlace ? values[place] : row[name];
      return value === undefined ? [] : [[name, toJson(datatype, value)] as const];
    }),
  );
}

/** What a table says in a type of its own: infinities as text, truth as 0 and 1, or as a word where it is all text. */
function toJson(datatype: string, value: unknown): unknown {
  if (datatype === "BYTES") return value;
  if (datatype === "BOOL") return value === 0 || value === 1 ? value === 1 : value;
  if (typeof value === "boolean") return Number(value);
  if (typeof value !== "string") return value;
  if (/^(true|false)$/i.test(value)) return Number(/^true$/i.test(value));
  return datatype.startsWith("FP") ? Number(value) : value;
}

/** Each row once, neighbours far apart: the first thousand tell of the whole. */
function shuffle<T>(rows: readonly T[]): T[] {
  const count = rows.length;
  const first = Math.max(1, Math.floor(count * 0.618));
  const step = count <= 1 ? 1 : findCoprime(first, count);
  return rows.map((_, i) => rows[(i * step) % count]!);
}

function findCoprime(from: number, count: number): number {
  return divisor(from, count) === 1 ? from : findCoprime(from + 1, count);
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Rows of the model's own tensors. */
export function sliceAll(tensors: readonly Tensor[], from: number, to: number): Tensor[] {
  return tensors.map((tensor) => sliceRows(tensor, from, to));
}
