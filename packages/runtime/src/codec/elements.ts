import { arrayTypes, elementSizes, isFloat, isInteger, roundTo, toHalfBits } from "../datatype.ts";
import { missingText, type Datatype, type TensorData } from "../tensor.ts";
import { isDateTime } from "./date-time.ts";

/**
 * How one JSON value becomes one element. Both styles refuse what a number type cannot hold and integers that JSON
 * numbers cannot hold exactly; those are sent as strings of digits.
 * - `oip`: floats also take "NaN", "Infinity", "-Infinity"; 64-bit integers take any string of digits; BOOL takes 0 and 1.
 * - `record`: a number in quotes is a mistake, except an integer beyond 2^53.
 */
export interface ElementRules {
  readonly style: "oip" | "record";
  readonly datatype: Datatype;
  /** null (and in records a missing value) is NaN. */
  readonly nullable: boolean;
  /** Inclusive, already rounded to the datatype. */
  readonly min: number;
  readonly max: number;
  /** Texts are moments. */
  readonly dateTime: boolean;
}

const limits: Partial<Record<Datatype, readonly [number, number]>> = {
  UINT8: [0, 255],
  UINT16: [0, 65535],
  UINT32: [0, 4294967295],
  // The upper end of 64 bits, which no double says exactly, is `wideLimits`.
  UINT64: [0, Infinity],
  INT8: [-128, 127],
  INT16: [-32768, 32767],
  INT32: [-2147483648, 2147483647],
};

export function createRules(
  style: ElementRules["style"],
  spec: { datatype: Datatype; nullable: boolean; range?: readonly [number, number]; format?: "date-time" },
): ElementRules {
  const { datatype } = spec;
  const [lowest, highest] = limits[datatype] ?? [-Infinity, Infinity];
  const [min, max] = spec.range ?? [-Infinity, Infinity];
  return {
    style,
    datatype,
    nullable: spec.nullable && (isFloat(datatype) || datatype === "BYTES"),
    min: Math.max(lowest, roundTo(datatype, min)),
    max: Math.min(highest, roundTo(datatype, max)),
    dateTime: spec.format === "date-time",
  };
}

/** Writes `values` to `data` from `start` on. Returns -1, or the index of the first value that breaks the rules. */
export function writeElements(
  data: TensorData,
  start: number,
  values: readonly unknown[],
  rules: ElementRules,
): number {
  switch (rules.datatype) {
    case "FP32":
    case "FP64":
      return writeFloats(data as Float32Array, start, values, rules);
    case "INT64":
    case "UINT64":
      return writeBigIntegers(data as BigInt64Array, start, values, rules);
    case "BYTES":
      return writeStrings(data as string[], start, values, rules);
    case "BOOL":
      return writeBooleans(data as Uint8Array, start, values, rules);
    case "FP16":
      return writeHalves(data as Uint16Array, start, values, rules);
    default:
      return writeIntegers(data as Int32Array, start, values, rules);
  }
}

function writeFloats(data: Float32Array, start: number, values: readonly unknown[], rules: ElementRules): number {
  const { min, max } = rules;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (typeof value === "number") {
      data[start + i] = value;
      const held = data[start + i]!;
      if (held >= min && held <= max && held - held === 0) continue;
      if (value === value || !rules.nullable) return i;
    } else {
      const special = toSpecialFloat(value, rules);
      if (special === null) return i;
      data[start + i] = special;
    }
  }
  return -1;
}

function writeHalves(data: Uint16Array, start: number, values: readonly unknown[], rules: ElementRules): number {
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (typeof value === "number") {
      const held = roundTo("FP16", value);
      const ok = held >= rules.min && held <= rules.max && held - held === 0;
      if (!ok && (value === value || !rules.nullable)) return i;
      data[start + i] = toHalfBits(held);
    } else {
      const special = toSpecialFloat(value, rules);
      if (special === null) return i;
      data[start + i] = toHalfBits(special);
    }
  }
  return -1;
}

function toSpecialFloat(value: unknown, rules: ElementRules): number | null {
  if (value === null || value === undefined) return rules.nullable ? NaN : null;
  if (rules.style !== "oip") return null;
  if (value === "NaN") return NaN;
  if (value === "Infinity") return Infinity;
  return value === "-Infinity" ? -Infinity : null;
}

function writeIntegers(data: Int32Array, start: number, values: readonly unknown[], rules: ElementRules): number {
  const { min, max } = rules;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (typeof value !== "number" || !(value >= min && value <= max) || Math.floor(value) !== value) return i;
    data[start + i] = value;
  }
  return -1;
}

const wideLimits = { INT64: [-(2n ** 63n), 2n ** 63n - 1n], UINT64: [0n, 2n ** 64n - 1n] } as const;

function writeBigIntegers(data: BigInt64Array, start: number, values: readonly unknown[], rules: ElementRules): number {
  const { min, max } = rules;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (typeof value === "number") {
      if (!Number.isSafeInteger(value) || value < min || value > max) return i;
      data[start + i] = BigInt(value);
      continue;
    }
    if (typeof value !== "string" || !isDigits(value, rules)) return i;
    const integer = BigInt(value);
    const [lowest, highest] = wideLimits[rules.datatype as "INT64" | "UINT64"];
    if (integer < lowest || integer > highest || integer < min || integer > max) return i;
    data[start + i] = integer;
  }
  return -1;
}

function isDigits(text: string, rules: ElementRules): boolean {
  return /^-?\d{1,20}$/.test(text) && (rules.style === "oip" || !Number.isSafeInteger(Number(text)));
}

function writeBooleans(data: Uint8Array, start: number, values: readonly unknown[], rules: ElementRules): number {
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value === true || (rules.style === "oip" && value === 1)) data[start + i] = 1;
    else if (value === false || (rules.style === "oip" && value === 0)) data[start + i] = 0;
    else return i;
  }
  return -1;
}

function writeStrings(
  data: (string | Uint8Array)[],
  start: number,
  values: readonly unknown[],
  { nullable, dateTime }: ElementRules,
): number {
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    // Half a surrogate pair has no UTF-8: the log would keep something else than the model saw.
    if (typeof value === "string" && value.isWellFormed() && (!dateTime || isDateTime(value))) data[start + i] = value;
    else if ((value === null || value === undefined) && nullable) data[start + i] = missingText;
    else return i;
  }
  return -1;
}

/** `expected int64 from 0 to 23, got the string "x"`: why `value` breaks the rules. */
export function explainElement(
  value: unknown,
  rules: ElementRules,
): { message: string; expected: string; got: string } {
  const expected = expectation(rules);
  const got = describe(value);
  return { message: `expected ${expected}, got ${got}${advice(value, rules)}`, expected, got };
}

const friendlyNames: Partial<Record<Datatype, string>> = {
  BYTES: "string",
  BOOL: "bool",
  FP16: "float16",
  FP32: "float32",
  FP64: "float64",
};

/** `float32` for `FP32`: the names of slipway.yaml. */
export function friendlyName(datatype: Datatype, format?: "date-time"): string {
  if (format === "date-time") return "datetime";
  return friendlyNames[datatype] ?? datatype.toLowerCase();
}

function expectation(rules: ElementRules): string {
  const { style, datatype, min, max } = rules;
  const name = style === "record" ? friendlyName(datatype, rules.dateTime ? "date-time" : undefined) : datatype;
  const [lowest, highest] = limits[datatype] ?? [-Infinity, Infinity];
  if (datatype === "BYTES") return style === "record" ? name : "BYTES (a string)";
  if (datatype === "BOOL") return `${name} (true or false)`;
  if (min > lowest && max < highest) return `${name} from ${min} to ${max}`;
  if (min > lowest) return `${name} of at least ${min}`;
  if (max < highest) return `${name} of at most ${max}`;
  return name;
}

function advice(value: unknown, rules: ElementRules): string {
  const { datatype, style } = rules;
  if (value === null) return isFloat(datatype) || datatype === "BYTES" ? ", and this input is not nullable" : "";
  if (typeof value === "string") {
    if (datatype === "BYTES" && rules.dateTime && value.isWellFormed())
      return ", which is no date and time; write 2026-03-01 or 2026-03-01T12:00:00Z";
    if (datatype === "BYTES") return ", which holds half a surrogate pair and is no valid text";
    const isNumber = value.trim() !== "" && Number.isFinite(Number(value));
    if (isNumber && style === "record" && datatype !== "BOOL") return "; send the number without quotes";
    return "";
  }
  if (typeof value !== "number") return "";
  if (datatype === "BYTES") return "; send it in quotes";
  if (isInteger(datatype) && Number.isInteger(value) && !Number.isSafeInteger(value) && elementSizes[datatype] === 8) {
    return ", beyond 2^53, where JSON numbers are not exact; send a string of its digits";
  }
  if (isFloat(datatype) && !Number.isFinite(roundTo(datatype, value))) return `, which ${datatype} cannot hold`;
  const limit = limits[datatype];
  if (limit && (value < limit[0] || value > limit[1])) return `, which ${datatype} cannot hold`;
  return "";
}

/** A JSON value in words, cut to a length that a message bears. */
export function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (typeof value === "string") return `the string ${quote(value)}`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "object") return "an object";
  return typeof value === "symbol" || typeof value === "function" ? `a ${typeof value}` : String(value);
}

/** In quotes, escaped, at most some 60 characters. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);
}

/** Whether the array is what `createData` makes for the datatype. */
export function holds(datatype: Datatype, data: TensorData): boolean {
  return datatype === "BYTES" ? Array.isArray(data) : data instanceof arrayTypes[datatype];
}
