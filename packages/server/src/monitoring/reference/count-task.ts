/** What the lake child does before there is a reference: counts the predictions that one could be made of. */
import type { ViewsContext } from "../../predictions/index.ts";
import { versionSql } from "../performance/version-sql.ts";

export interface CountInput {
  readonly model: string;
  readonly version: number;
}

export async function run({ model, version }: CountInput, { db, paths }: ViewsContext): Promise<number> {
  await db.lock(paths);
  const [row] = await db.rows(`select count(*) as n from predictions p where ${versionSql({ model, version })}`);
  return Number(row?.["n"] ?? 0);
}
