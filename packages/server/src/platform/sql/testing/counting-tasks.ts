/** Tasks of the tests. */
import { SlipwayError } from "@slipway/contract/errors";
import type { TaskDb } from "../task.ts";

export async function addPoint(db: TaskDb, { n, fail = false }: { n: number; fail?: boolean }): Promise<{ n: number }> {
  await db.change("insert into points (n, value) values (?, ?)", [n, n / 2]);
  if (fail) throw new SlipwayError("already_exists", `There is a point ${n} already.`, { n });
  return { n };
}

export async function countPoints(db: TaskDb, { from }: { from: number }): Promise<{ count: number; again: number }> {
  const count = () => db.rows<{ count: number }>("select count(*) as count from points where n >= ?", [from]);
  return { count: (await count())[0]!.count, again: (await count())[0]!.count };
}

export async function renderPoints(db: TaskDb, { from }: { from: number }): Promise<Uint8Array> {
  const rows = await db.rows<{ n: number }>("select n from points where n >= ? order by n", [from]);
  return new TextEncoder().encode(JSON.stringify(rows.map(({ n }) => n)));
}

export async function returnPoint(db: TaskDb, { n }: { n: number }): Promise<readonly { n: number }[]> {
  return db.rows("insert into points (n, value) values (?, ?) returning n", [n, 1e17]);
}

export const notTask = 1;
