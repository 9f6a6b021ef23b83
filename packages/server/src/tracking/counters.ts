import type { TaskDb } from "../platform/sql/index.ts";

export type Counter = "run" | "series" | "dataset" | "model" | "experiment";

/** @returns the first of `count` numbers that nobody else has or will get */
export async function takeNumbers(db: TaskDb, counter: Counter, count = 1): Promise<number> {
  const [row] = await db.rows<{ value: number }>(
    "update tracking_counters set value = value + ? where name = ? returning value",
    [count, counter],
  );
  return row!.value - count + 1;
}
