import { SlipwayError } from "@slipway/contract/errors";
import type { Signature } from "../../signature.ts";
import type { Tensor } from "../../tensor.ts";
import { castLossless, castText } from "../columns/casts.ts";
import {
  columnsToTensors,
  isTabular,
  requirePlain,
  requireSameRows,
  sizesOf,
  type Columns,
} from "../columns/columns.ts";
import { parseCsv } from "../columns/csv.ts";
import { describe } from "../elements.ts";
import { isObject, setOwn } from "../json-body.ts";
import { recordsToFrame, splitToFrame, type Frame } from "./frame.ts";
import { parsePythonJson } from "./python-json.ts";

export interface ScoringRequest {
  readonly tensors: readonly Tensor[];
  /** Per row the named columns that are no inputs but are to go on record; null where a row has none. */
  readonly extra: readonly (Readonly<Record<string, unknown>> | null)[] | null;
}

export interface ScoringBody {
  readonly bytes: Uint8Array;
  readonly contentType: string;
}

const formats = ["dataframe_split", "dataframe_records", "instances", "inputs"] as const;
type Format = (typeof formats)[number];
const languageKeys = ["messages", "prompt", "input"];
const json = "application/json";
const csv = "text/csv";

/**
 * A body of the MLflow scoring protocol as tensors of the signature. Columns are put in order, those that the model does not know are
 * left out, values are cast where that loses nothing. Throws `unsupported_media_type`, `invalid_request` (MLflow's BAD_REQUEST)
 * and `invalid_input` (its INVALID_PARAMETER_VALUE).
 */
export function parseScoringRequest(
  body: ScoringBody,
  signature: Signature,
  extraFields: ReadonlySet<string>,
): ScoringRequest {
  if (requireType(body.contentType) === csv) {
    const columns = parseCsv(body.bytes);
    return fromColumns({ columns, frame: true }, { signature, extraFields, cast: castText });
  }
  const { format, data } = pickFormat(parsePythonJson(body.bytes));
  return fromColumns(toColumns(format, data, signature), { signature, extraFields, cast: castLossless });
}

/** The rules of MLflow, to the letter: types are told apart by case, and `charset` is the only parameter. */
function requireType(text: string): typeof json | typeof csv {
  const [type, ...parameters] = text.split(";").map((part) => part.trim());
  for (const parameter of parameters) {
    const [name, value = ""] = parameter.split("=");
    if (name !== "charset") throw unsupported(`Unrecognized content type parameters: ${parameter}`);
    if (value.toLowerCase() !== "utf-8") throw unsupported("The scoring server only supports UTF-8");
  }
  if (type === json || type === csv) return type;
  if (type === "application/vnd.apache.parquet")
    throw unsupported("Parquet bodies are not read here; send JSON or CSV");
  const got = text === "" ? "none" : `'${text}'`;
  throw unsupported(`This server takes the content types '${json}' and '${csv}'; got ${got}`);
}

function unsupported(why: string): SlipwayError {
  return new SlipwayError("unsupported_media_type", `${why}.`);
}

function pickFormat(body: unknown): { format: Format; data: unknown } {
  const rule = `The input must be a JSON object with exactly one of the fields ${formats.join(", ")}`;
  if (!isObject(body)) throw new SlipwayError("invalid_request", `${rule}; got ${describe(body)}.`);
  const language = languageKeys.find((key) => Object.hasOwn(body, key));
  if (language !== undefined)
    throw new SlipwayError(
      "invalid_input",
      `"${language}" is for language models, which are not served here. ${rule}.`,
    );
  const [format, ...others] = formats.filter((key) => Object.hasOwn(body, key));
  if (format === undefined || others.length > 0)
    throw new SlipwayError("invalid_request", `${rule}; got ${Object.keys(body).slice(0, 10).join(", ") || "none"}.`);
  return { format, data: body[format] };
}

function toColumns(format: Format, data: unknown, signature: Signature): Frame {
  if (format === "dataframe_split") return splitToFrame(data);
  if (format === "dataframe_records") return recordsToFrame(data);
  if (isObject(data)) return { columns: new Map(Object.entries(data)), frame: false };
  if (Array.isArray(data) && data.some(isObject)) {
    const { columns } = recordsToFrame(
      data,
      format === "instances" ? new Set(signature.inputs.map(({ name }) => name)) : undefined,
    );
    return { columns, frame: false };
  }
  const [only, ...others] = signature.inputs;
  if (only === undefined || others.length > 0 || signature.packed !== null)
    throw new SlipwayError(
      typeof data === "string" ? "invalid_request" : "invalid_input",
      `The model takes named inputs; ${describe(data)} names none of them.`,
    );
  return { columns: new Map([[only.name, data]]), frame: false };
}

interface Context {
  readonly signature: Signature;
  readonly extraFields: ReadonlySet<string>;
  readonly cast: typeof castLossless;
}

function fromColumns(frame: Frame, { signature, extraFields, cast }: Context): ScoringRequest {
  const { columns } = frame.frame ? nameColumns(frame, signature) : frame;
  const tensors = columnsToTensors(signature, columns, { cast, frame: frame.frame });
  if (isTabular(signature)) requirePlain(tensors, frame.frame ? "invalid_request" : "invalid_input");
  else if (signature.batched) requireSameRows(tensors);
  const rows = tensors[0]?.shape[0] ?? 0;
  return { tensors, extra: takeExtra(columns, { signature, extraFields, rows }) };
}

/** The columns of a frame for a model of one tensor: the one of that name, the only one, or all of them as its matrix. */
function nameColumns(frame: Frame, signature: Signature): { columns: Columns } {
  const { columns } = frame;
  const [only, ...others] = signature.inputs;
  if (only === undefined || others.length > 0 || signature.packed !== null || columns.has(only.name)) return frame;
  const values = [...columns.values()] as (readonly unknown[])[];
  if (values.length === 1) return { columns: new Map([[only.name, values[0]]]) };
  const { shape } = only;
  const isMatrix = shape.length === 2 && (shape[1] === -1 || shape[1] === values.length);
  if (values.length === 0 || !isMatrix || values.some((column) => sizesOf(column).length > 1))
    throw new SlipwayError(
      "invalid_input",
      `The model takes one tensor of shape [${shape.join(", ")}]; a frame of ${values.length} columns is none.`,
      { input: only.name },
    );
  const matrix = values[0]!.map((_, row) => values.map((column) => column[row]));
  return { columns: new Map([[only.name, matrix]]) };
}

function takeExtra(
  columns: Columns,
  { signature, extraFields, rows }: { signature: Signature; extraFields: ReadonlySet<string>; rows: number },
): ScoringRequest["extra"] {
  const names = [...extraFields].filter(
    (name) => Array.isArray(columns.get(name)) && !signature.inputs.some((input) => input.name === name),
  );
  if (names.length === 0) return null;
  return Array.from({ length: rows }, (_, row) => {
    const fields: Record<string, unknown> = {};
    for (const name of names) {
      const value = (columns.get(name) as readonly unknown[])[row];
      if (value !== undefined && value !== null) setOwn(fields, name, value);
    }
    return Object.keys(fields).length === 0 ? null : fields;
  });
}
