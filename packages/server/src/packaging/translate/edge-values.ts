import { isMissingText, missingText, type InputSpec, type Tensor } from "@slipway/runtime";

/** A value that nobody recorded, for one column. `risky`: a model may well refuse it. */
export interface EdgeValue {
  readonly value: number | bigint | string | Uint8Array;
  readonly kind: "missing" | "infinite" | "huge" | "unseen" | "plain";
}

/** Where trees decide, and what encoders know, by the name of the column. */
export interface ModelHints {
  readonly thresholds: Readonly<Record<string, readonly number[]>>;
  readonly known: Readonly<Record<string, readonly (string | number)[]>>;
}

const mostSingle = 3.4028234663852886e38;

/** Values at the edges of what a column may hold, the more telling first. */
export function edgeValues(spec: InputSpec, column: Tensor, hints: ModelHints): EdgeValue[] {
  const values =
    spec.datatype === "BYTES"
      ? textEdges(spec, column, hints.known[spec.name] ?? [])
      : spec.datatype === "BOOL"
        ? [plain(0), plain(1)]
        : numberEdges(spec, column, hints);
  const seen = new Set<unknown>();
  const fresh = values.filter(({ value }) => {
    const key = Object.is(value, -0) ? "-0" : value;
    return seen.has(key) ? false : (seen.add(key), true);
  });
  return fresh;
}

function plain(value: EdgeValue["value"]): EdgeValue {
  return { value, kind: "plain" };
}

function textEdges({ nullable, categories = [] }: InputSpec, { data }: Tensor, known: readonly unknown[]): EdgeValue[] {
  const seen = new Set<string>(categories);
  for (const value of data as readonly (string | Uint8Array)[]) {
    if (seen.size >= 40) break;
    if (typeof value === "string") seen.add(value);
  }
  const [first = "a"] = seen;
  const odd = [
    "never seen before",
    "",
    `${first} `,
    first.toUpperCase(),
    first.toLowerCase(),
    "0",
    "ß €",
    "None",
    "nan",
  ];
  const learned = known.filter((value) => typeof value === "string");
  const taken = new Set([...seen, ...learned]);
  return [
    ...(nullable ? [{ value: missingText, kind: "missing" as const }] : []),
    ...odd.map((value): EdgeValue => ({ value, kind: taken.has(value) ? "plain" : "unseen" })),
    ...[...seen, ...learned].map((value) => plain(value)),
  ];
}

function numberEdges(spec: InputSpec, column: Tensor, { thresholds, known }: ModelHints): EdgeValue[] {
  const { datatype, nullable, range: [lowest, highest] = [-Infinity, Infinity], name } = spec;
  const isFloat = datatype === "FP64" || datatype === "FP32";
  const [min, max] = minMax(column);
  const span = Math.max(max - min, 1);
  const beyond = [min - span, max + span, min - 1, max + 1, 0, 1, -1, 2 ** 24 + 1, 2 ** 31 - 1];
  const learned = (known[name] ?? []).filter((value) => typeof value === "number");
  const around = (thresholds[name] ?? []).flatMap(neighbours);
  const numbers = [
    min,
    max,
    ...beyond,
    ...learned,
    ...(isFloat ? [-0, 0.5, 1e-40, -1e30, 1e30, ...around] : around.map(Math.round)),
  ];
  const isHuge = (value: number) => Math.abs(value) > 1e30;
  const fits = (value: number) => value >= lowest && value <= highest && holds(datatype, value);
  const kindOf = (value: number): EdgeValue["kind"] =>
    learned.length > 0 && !learned.includes(value) ? "unseen" : isHuge(value) ? "huge" : "plain";
  const rest = numbers
    .map((value) => (datatype === "FP32" ? Math.fround(value) : value))
    .filter(fits)
    .map((value): EdgeValue => ({ value: toElement(datatype, value), kind: kindOf(value) }));
  if (!isFloat) return [...rest, ...wideEdges(datatype, fits)];
  const huge = [mostSingle, -mostSingle, 3.5e38, -3.5e38, 1e300, -1e300]
    .filter((value) => fits(value) && (datatype === "FP64" || Math.abs(value) <= mostSingle))
    .map((value): EdgeValue => ({ value, kind: "huge" }));
  const infinite = [Infinity, -Infinity].filter(fits).map((value): EdgeValue => ({ value, kind: "infinite" }));
  return [...(nullable ? [{ value: NaN, kind: "missing" as const }] : []), ...infinite, ...huge, ...rest];
}

/** Beyond what a double holds exactly nothing is promised, by Python either. */
function wideEdges(datatype: InputSpec["datatype"], fits: (value: number) => boolean): EdgeValue[] {
  return [2 ** 53 - 1, -(2 ** 53) + 1].filter(fits).map((value) => plain(toElement(datatype, value)));
}

const limits: Readonly<Partial<Record<InputSpec["datatype"], readonly [number, number]>>> = {
  UINT8: [0, 255],
  UINT16: [0, 65_535],
  UINT32: [0, 4_294_967_295],
  UINT64: [0, Number.MAX_SAFE_INTEGER],
  INT8: [-128, 127],
  INT16: [-32_768, 32_767],
  INT32: [-2_147_483_648, 2_147_483_647],
  INT64: [-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
};

function holds(datatype: InputSpec["datatype"], value: number): boolean {
  const range = limits[datatype];
  return range === undefined || (Number.isInteger(value) && value >= range[0] && value <= range[1]);
}

function toElement(datatype: InputSpec["datatype"], value: number): number | bigint {
  return datatype === "INT64" || datatype === "UINT64" ? BigInt(value) : value;
}

function minMax({ data }: Tensor): [number, number] {
  let [min, max] = [Infinity, -Infinity];
  for (let i = 0; i < data.length; i++) {
    const value = Number(data[i]);
    if (value < min && Number.isFinite(value)) min = value;
    if (value > max && Number.isFinite(value)) max = value;
  }
  return min > max ? [0, 0] : [min, max];
}

/** The number itself, those next to it in double and in single precision. */
function neighbours(value: number): number[] {
  const single = Math.fround(value);
  return [value, next(value, 1n), next(value, -1n), single, nextSingle(single, 1), nextSingle(single, -1)];
}

const doubles = new Float64Array(1);
const bits = new BigInt64Array(doubles.buffer);
const singles = new Float32Array(1);
const singleBits = new Int32Array(singles.buffer);

export function next(value: number, step: bigint): number {
  if (value === 0 || !Number.isFinite(value)) return value;
  doubles[0] = value;
  bits[0] = bits[0]! + (value > 0 ? step : -step);
  return doubles[0];
}

function nextSingle(value: number, step: number): number {
  if (value === 0 || !Number.isFinite(value)) return value;
  singles[0] = value;
  singleBits[0] = singleBits[0]! + (value > 0 ? step : -step);
  return singles[0];
}

export function isRisky({ kind }: EdgeValue): boolean {
  return kind !== "plain";
}

export function isMissing(value: unknown): boolean {
  return isMissingText(value) || (typeof value === "number" && Number.isNaN(value));
}
