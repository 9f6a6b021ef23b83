import { requireSelect, toTableSql } from "../platform/lake/require-select.ts";
import type { ViewsContext } from "../predictions/index.ts";

export interface CheckSqlInput {
  readonly statements: readonly { readonly name: string; readonly sql: string }[];
}

export type Unaskable = null | { readonly name: string; readonly why: string };

/** The first statement that cannot be asked; null: all can, as far as they say without the candidate's answers. */
export async function run({ statements }: CheckSqlInput, { db, paths }: ViewsContext): Promise<Unaskable> {
  await db.lock(paths);
  for (const { name, sql } of statements) {
    const why = await findFault(db, sql);
    if (why !== null) return { name, why: why.replaceAll(/\s+/g, " ") };
  }
  return null;
}

async function findFault(db: ViewsContext["db"], sql: string): Promise<string | null> {
  try {
    await requireSelect(db, sql);
    const columns = (await db.describe(`select * from ${toTableSql(sql)}`)).map(({ name }) => name);
    if (columns.includes("arm") && columns.includes("value")) return null;
    return `It has the columns ${columns.join(", ")}. It must have arm and value.`;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    // A column may be one of answers that nobody has given yet.
    return why.startsWith("Binder Error") ? null : why;
  }
}
