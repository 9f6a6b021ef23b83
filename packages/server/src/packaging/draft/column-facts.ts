export type ColumnKind = "number" | "integer" | "boolean" | "text" | "other" | "empty";

/** What a sample of data shows of one of its columns. */
export interface ColumnFacts {
  readonly name: string;
  readonly kind: ColumnKind;
  /** Rows without a value: null, an empty text, or not a number. */
  readonly missing: number;
  /** Smallest and largest of the finite numbers; null where there are none. */
  readonly range: readonly [low: number, high: number] | null;
  /** The different values as text, sorted (numbers by size); null where there are more than 1000. */
  readonly values: readonly string[] | null;
  /** No value stands twice, and none is missing. */
  readonly unique: boolean;
}

const mostValues = 1000;

/** `rows[i][c]` belongs to `names[c]`. Numbers may be bigints. */
export function toColumnFacts(names: readonly string[], rows: readonly (readonly unknown[])[]): ColumnFacts[] {
  return names.map((name, c) => {
    const values = rows.map((row) => row[c]).filter((value) => !isMissing(value));
    const missing = rows.length - values.length;
    const kind = kindOf(values);
    const different = new Set(
      values.map((value) => (typeof value === "object" ? JSON.stringify(value) : String(value))),
    );
    return {
      name,
      kind,
      missing,
      range: kind === "number" || kind === "integer" ? rangeOf(values) : null,
      values: different.size > mostValues ? null : sorted([...different], kind),
      unique: missing === 0 && different.size === values.length,
    };
  });
}

function isMissing(value: unknown): boolean {
  return value === null || value === undefined || value === "" || Number.isNaN(value);
}

function kindOf(values: readonly unknown[]): ColumnKind {
  if (values.length === 0) return "empty";
  const all = (test: (value: unknown) => boolean) => values.every(test);
  if (all((value) => typeof value === "bigint" || Number.isSafeInteger(value))) return "integer";
  if (all((value) => typeof value === "number" || typeof value === "bigint")) return "number";
  if (all((value) => typeof value === "boolean")) return "boolean";
  return all((value) => typeof value === "string") ? "text" : "other";
}

function rangeOf(values: readonly unknown[]): ColumnFacts["range"] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    const number = Number(value);
    if (!Number.isFinite(number)) continue;
    low = Math.min(low, number);
    high = Math.max(high, number);
  }
  return low <= high ? [low, high] : null;
}

/** As scikit-learn orders classes: numbers by size, texts by code point. */
function sorted(values: readonly string[], kind: ColumnKind): string[] {
  if (kind === "integer" || kind === "number") return values.toSorted((a, b) => Number(a) - Number(b));
  return values.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}
