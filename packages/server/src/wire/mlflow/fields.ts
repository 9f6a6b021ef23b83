import { SlipwayError } from "@slipway/contract";

/** How one parameter of a request is read; a message that MLflow's own tests assert on where it is wrong. */
export interface Field<T> {
  readonly required: boolean;
  /** In a query, each occurrence of the name is one of its values. */
  readonly repeated: boolean;
  /** In a query it is a word. */
  readonly isBoolean?: true;
  /** @returns undefined where the value is not of this kind */
  read(value: unknown, path: string): T | undefined;
}

export type Fields = Readonly<Record<string, Field<unknown>>>;

/** What the handler gets: null and left out are the same. */
export type Input<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends { readonly required: true } & Field<infer T>
    ? T
    : F[K] extends Field<infer T>
      ? T | undefined
      : never;
};

const optional = { required: false, repeated: false } as const;

export const text: Field<string> = { ...optional, read: (value) => (typeof value === "string" ? value : undefined) };

/** An int64: a whole number, or one as text. Beyond 2^53 only the nearest double is known. */
export const int: Field<number> = { ...optional, read: toInt };

function toInt(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isInteger(value) && Math.abs(value) < 2 ** 63 ? value : undefined;
  if (typeof value !== "string" || !/^\s*[-+]?[0-9]{1,20}\s*$/.test(value)) return undefined;
  const number = Number(value);
  return Math.abs(number) < 2 ** 63 ? number : undefined;
}

/** A double, which JSON may also write as "NaN", "Infinity" or "-Infinity". */
export const float: Field<number> = { ...optional, read: toFloat };

const floatText = /^\s*[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?\s*$/;

function toFloat(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value !== "string") return undefined;
  if (floatText.test(value)) return Number(value);
  return { NaN: Number.NaN, Infinity: Number.POSITIVE_INFINITY, "-Infinity": Number.NEGATIVE_INFINITY }[value];
}

export const bool: Field<boolean> = {
  ...optional,
  isBoolean: true,
  read: (value) => (typeof value === "boolean" ? value : undefined),
};

/** A name of the table, or its number as protobuf has it. */
export function oneOf<N extends string>(names: Readonly<Record<N, number>>): Field<N> {
  const byNumber = new Map(Object.entries<number>(names).map(([name, number]) => [number, name as N]));
  return {
    ...optional,
    read(value) {
      if (typeof value === "string" && Object.hasOwn(names, value)) return value as N;
      return byNumber.get(typeof value === "string" ? (toInt(value) ?? -1) : (value as number));
    },
  };
}

export const texts: Field<readonly string[]> = {
  required: false,
  repeated: true,
  read: (value) => (Array.isArray(value) && value.every((each) => typeof each === "string") ? value : undefined),
};

/** A list of objects. What is wrong in one is told by its place, such as `metrics[0].timestamp`. */
export function list<F extends Fields>(fields: F): Field<readonly Input<F>[]> {
  return {
    required: false,
    repeated: true,
    read(value, path) {
      if (!Array.isArray(value) || !value.every(isRecord)) return undefined;
      return value.map((each, index) => readFields(fields, each, `${path}[${index}].`));
    },
  };
}

export function record<F extends Fields>(fields: F): Field<Input<F>> {
  return {
    ...optional,
    read: (value, path) => (isRecord(value) ? readFields(fields, value, `${path}.`) : undefined),
  };
}

/** What must be there, and not be empty text. */
export function need<T>(field: Field<T>): Field<T> & { readonly required: true } {
  return { ...field, required: true };
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @throws SlipwayError `invalid_request` */
export function readFields<F extends Fields>(
  fields: F,
  given: Readonly<Record<string, unknown>>,
  prefix = "",
): Input<F> {
  const input: Record<string, unknown> = {};
  for (const name in fields) {
    const field = fields[name]!;
    const value = given[name] ?? (name === "run_id" ? given["run_uuid"] : undefined);
    if (value === undefined || value === null || (value === "" && field.required)) {
      if (field.required) throw wrong(`Missing value for required parameter '${prefix}${name}'.`);
      continue;
    }
    const read = field.read(value, `${prefix}${name}`);
    if (read === undefined) throw wrong(invalidValue(`${prefix}${name}`, value, hint(value)));
    input[name] = read;
  }
  return input as Input<F>;
}

function wrong(message: string): SlipwayError {
  return new SlipwayError(
    "invalid_request",
    `${message} See the API docs for more information about request parameters.`,
  );
}

/** MLflow's words for a value that is not allowed. */
export function invalidValue(path: string, value: unknown, why: string): string {
  return `Invalid value ${toJson(value)} for parameter '${path}' supplied: ${why}`;
}

const longest = 2000;

/** As Python prints it: keys in order, nothing but ASCII; the beginning of what is long. */
function toJson(value: unknown): string {
  const sorted = JSON.stringify(value, (_key, each: unknown) =>
    isRecord(each) ? Object.fromEntries(Object.entries(each).toSorted(([a], [b]) => (a < b ? -1 : 1))) : each,
  );
  const ascii = sorted
    .slice(0, longest)
    .replaceAll(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return sorted.length > longest ? `${ascii}...` : ascii;
}

function hint(value: unknown): string {
  return ` Hint: Value was of type '${pythonType(value)}'.`;
}

function pythonType(value: unknown): string {
  if (typeof value === "string") return "str";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "number") return Number.isInteger(value) ? "int" : "float";
  return Array.isArray(value) ? "list" : "dict";
}
