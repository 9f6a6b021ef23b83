import type { SqlValue, TaskDb } from "../platform/sql/index.ts";

export interface Insert {
  /** `params (run_n, key, value)` */
  readonly into: string;
  readonly columns: number;
  /** What happens to a row that is there already. */
  readonly onConflict: string;
}

/** So many rows a statement: few texts, which stay prepared, and few statements. */
const sizes = [64, 8, 1] as const;

const texts = new Map<Insert, readonly string[]>();

function toTexts(insert: Insert): readonly string[] {
  const known = texts.get(insert);
  if (known) return known;
  const row = `(${Array.from({ length: insert.columns }, () => "?").join(", ")})`;
  const made = sizes.map(
    (size) =>
      `insert into ${insert.into} values ${Array.from({ length: size }, () => row).join(", ")} ${insert.onConflict}`,
  );
  texts.set(insert, made);
  return made;
}

/** `insert` is a constant of the caller; `values` are those of all rows, one after the other. */
export async function insertRows(db: TaskDb, insert: Insert, values: readonly SqlValue[]): Promise<void> {
  const made = toTexts(insert);
  let at = 0;
  for (const [index, size] of sizes.entries()) {
    const step = size * insert.columns;
    while (values.length - at >= step) {
      await db.change(made[index]!, at === 0 && values.length === step ? values : values.slice(at, at + step));
      at += step;
    }
  }
}
