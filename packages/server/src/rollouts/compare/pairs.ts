/** What a version answered, or was asked, as columns: one value a row. */
export type Value = number | string | boolean | null;
export type Columns = Readonly<Record<string, readonly Value[]>>;

/** One request that both versions were asked; a line of a file that only this server reads. JSON-safe. */
export interface PairLine {
  /** What its rows are called: predictions, or lines of a file. */
  readonly names: readonly string[];
  readonly inputs: Columns;
  /** What came true; left out where the source does not know. */
  readonly truth?: readonly (string | null)[];
  readonly a: SideAnswer;
  readonly b: SideAnswer;
}

/** Milliseconds are of the run alone, without any wait for it. */
export type SideAnswer = { readonly columns: Columns; readonly ms: number } | { readonly failure: string };

/** An output that both versions have and that means the same. */
export interface PairedOutput {
  readonly name: string;
  readonly kind: "class" | "text" | "boolean" | "integer" | "number";
  readonly classes: readonly string[];
  /** Columns of the probabilities, one a class; empty where there are none. */
  readonly probabilities: readonly string[];
}

/** Rows that both versions answered, as columns of one length. */
export interface Pairs {
  readonly n: number;
  readonly names: readonly string[];
  readonly inputs: ReadonlyMap<string, readonly Value[]>;
  readonly a: ReadonlyMap<string, readonly Value[]>;
  readonly b: ReadonlyMap<string, readonly Value[]>;
  /** Null: nobody knows, or not of this row. */
  readonly truth: readonly (string | null)[];
}

/** The output that a comparison is about: probabilities of classes before classes, those before numbers. */
export function chooseMain(outputs: readonly PairedOutput[]): PairedOutput | null {
  const first = (test: (output: PairedOutput) => boolean) => outputs.find(test);
  return (
    first(({ kind, probabilities }) => kind === "class" && probabilities.length > 0) ??
    first(({ kind }) => kind === "class") ??
    first(({ kind }) => kind === "text" || kind === "boolean") ??
    first(({ kind }) => kind === "number") ??
    outputs[0] ??
    null
  );
}

/** Rows of both sides as numbers; NaN is none. */
export function numbersOf(columns: ReadonlyMap<string, readonly Value[]>, name: string, n: number): Float64Array {
  const values = columns.get(name) ?? [];
  return Float64Array.from({ length: n }, (_, i) => {
    const value = values[i] ?? null;
    return value === null || typeof value === "string" ? Number.NaN : Number(value);
  });
}
