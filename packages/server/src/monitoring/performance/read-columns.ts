import type { LakeDb } from "../../platform/lake/lake-db.ts";
import type { Column } from "./scored-rows.ts";

/** What becomes of a column of a query: `number` has NaN for null, `text` has null. */
export type ColumnKind = "number" | "text";

/** All rows of a query, column by column. The query casts: numbers are DOUBLE, texts VARCHAR. */
export async function readColumns(
  db: LakeDb,
  sql: string,
  kinds: readonly ColumnKind[],
): Promise<{ readonly n: number; readonly columns: readonly Column[] }> {
  const growing = kinds.map((kind) => (kind === "number" ? createNumbers() : createTexts()));
  let n = 0;
  const { chunks } = await db.stream(sql);
  for await (const chunk of chunks) {
    for (const row of chunk) for (const [i, each] of growing.entries()) each.add(row[i]);
    n += chunk.length;
  }
  return { n, columns: growing.map((each) => each.done()) };
}

interface Growing {
  add(value: unknown): void;
  done(): Column;
}

function createNumbers(): Growing {
  let values = new Float64Array(1024);
  let n = 0;
  return {
    add(value) {
      if (n === values.length) {
        const more = new Float64Array(2 * n);
        more.set(values);
        values = more;
      }
      // Infinities come as texts, as JSON has none.
      values[n++] = value === null || value === undefined ? Number.NaN : Number(value);
    },
    done: () => values.subarray(0, n),
  };
}

function createTexts(): Growing {
  const values: (string | null)[] = [];
  /** The same text many times is kept once. */
  const known = new Map<string, string>();
  const share = (text: string) => {
    const there = known.get(text);
    if (there !== undefined) return there;
    if (known.size < 10_000) known.set(text, text);
    return text;
  };
  return {
    add: (value) => void values.push(value === null || value === undefined ? null : share(String(value))),
    done: () => values,
  };
}
