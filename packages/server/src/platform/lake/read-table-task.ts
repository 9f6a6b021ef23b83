import type { LakeContext } from "./lake-main.ts";
import { quoteText } from "./quote.ts";
import type { ReadTableInput, TableSample } from "./read-table.ts";

export async function run({ path, reader, limit }: ReadTableInput, { db }: LakeContext): Promise<TableSample> {
  const source = `${reader}(${quoteText(path)})`;
  // Without the lock a CSV cannot reach further either, but the file is a stranger's.
  await db.lock([path]);
  const { columns, chunks } = await db.stream(`SELECT * FROM ${source} LIMIT ${limit}`);
  const rows: unknown[][] = [];
  for await (const chunk of chunks) rows.push(...chunk);
  const [count] = await db.rows(`SELECT count(*) AS total FROM ${source}`);
  return { columns, rows, total: Number(count?.["total"]) };
}
