import { DuckDBInstance } from "@duckdb/node-api";

export interface WantedColumns<Number extends string, Text extends string> {
  /** Missing ones become NaN. */
  readonly numbers: readonly Number[];
  /** Missing ones become null. */
  readonly texts?: readonly Text[];
}

export interface ReadColumns<Number extends string, Text extends string> {
  readonly rows: number;
  readonly numbers: Readonly<Record<Number, Float64Array>>;
  readonly texts: Readonly<Record<Text, readonly (string | null)[]>>;
}

/** Columns of a CSV or Parquet file in the order of its rows. */
export async function readColumns<Number extends string, Text extends string = never>(
  file: string,
  { numbers, texts = [] }: WantedColumns<Number, Text>,
): Promise<ReadColumns<Number, Text>> {
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  try {
    const cast = (names: readonly string[], type: string) => names.map((name) => `"${name}"::${type}`);
    const list = [...cast(numbers, "double"), ...cast(texts, "varchar")].join(", ");
    const reader = await connection.runAndReadAll(`select ${list} from '${file.replaceAll("'", "''")}'`);
    const columns = reader.getColumns();
    const pick = <Name extends string, T>(names: readonly Name[], from: number, to: (values: unknown[]) => T) =>
      Object.fromEntries(names.map((name, i) => [name, to(columns[from + i] ?? [])])) as Record<Name, T>;
    return {
      rows: reader.currentRowCount,
      numbers: pick(numbers, 0, (values) => Float64Array.from(values, (value) => (value ?? Number.NaN) as number)),
      texts: pick(texts, numbers.length, (values) => values as (string | null)[]),
    };
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
