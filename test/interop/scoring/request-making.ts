/** One request that MLflow and Slipway are to answer alike. */
export interface ScoringCase {
  readonly title: string;
  readonly model: ModelName;
  readonly body: string | Uint8Array<ArrayBuffer>;
  /** Null: no content type at all. */
  readonly type: string | null;
}

export type ModelName = "columns" | "packed" | "matrix" | "flights" | "shapes";
export type Row = Readonly<Record<string, unknown>>;

const json = "application/json";
export const csv = "text/csv";

/** Numbers from 0 to 1, the same in every run (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const random = createRandom(20261122);
const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!;
export const integer = (from: number, to: number) => from + Math.floor(random() * (to - from + 1));
const float = () => Number(((random() - 0.5) * 10 ** integer(0, 4)).toFixed(integer(0, 5)));

export const rows: Readonly<Record<ModelName, () => Row>> = {
  columns: () => ({
    single: float(),
    wide: float(),
    long: integer(-9_000_000, 9_000_000),
    short: integer(-1000, 1000),
    flag: pick([true, false]),
    text: pick(["x", "", "ä ö", "a,b", 'say "hi"', "line\nbreak", "0", "true"]),
  }),
  packed: () => ({ a: float(), b: float(), c: integer(-50, 50), d: float() }),
  matrix: () => ({ a: float(), b: float(), c: float(), d: float() }),
  flights: () => ({
    origin: pick(["ATL", "SFO", "ORD", "nowhere", ""]),
    destination: pick(["JFK", "LGA", "BOS"]),
    hour: integer(0, 23),
    weekday: integer(0, 6),
    distance: integer(50, 5000),
    origin_late_3h: pick([0.25, 0, 1, null]),
  }),
  shapes: () => ({
    grid: [
      [float(), float()],
      [float(), float()],
    ],
    walk: [float(), float(), float()],
    count: integer(0, 9),
  }),
};

export function many<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make);
}

/** The fields of each form, out of rows. */
export const forms = {
  split: (given: readonly Row[], columns = Object.keys(given[0]!)) => ({
    dataframe_split: { columns, data: given.map((row) => columns.map((name) => row[name])) },
  }),
  records: (given: readonly Row[]) => ({ dataframe_records: given }),
  instances: (given: readonly Row[]) => ({ instances: given }),
  inputs: (given: readonly Row[]) => ({ inputs: given }),
  byColumn: (given: readonly Row[]) => ({
    inputs: Object.fromEntries(Object.keys(given[0]!).map((name) => [name, given.map((row) => row[name])])),
  }),
};

function quoted(value: unknown): string {
  if (typeof value === "boolean") return value ? "True" : "False";
  const text = value === null ? "" : String(value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function toCsv(given: readonly Row[], columns = Object.keys(given[0]!)): string {
  return (
    [columns.join(","), ...given.map((row) => columns.map((name) => quoted(row[name])).join(","))].join("\n") + "\n"
  );
}

export const shuffled = (names: readonly string[]) => names.toSorted(() => random() - 0.5);
export const wrapped = (row: Row): Row =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [name, [value]]));
export const withAll = (row: Row): Row => ({ ...row, origin_late_3h: row["origin_late_3h"] ?? 0.5 });
export const without = (row: Row, name: string): Row =>
  Object.fromEntries(Object.entries(row).filter(([key]) => key !== name));
export const listed = (row: Row) => Object.values(row);

export type Made = readonly [title: string, body: unknown, type?: string | null];

export function toCases(model: ModelName, made: readonly Made[]): ScoringCase[] {
  return made.map(([title, body, type = json]) => ({
    title: `${model}: ${title}`,
    model,
    body: typeof body === "string" || body instanceof Uint8Array ? (body as string) : JSON.stringify(body),
    type,
  }));
}
