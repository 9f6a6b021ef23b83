import { UsageError } from "./exit-codes.ts";

/** `--limit N|all`; all is Infinity. */
export function parseLimit(text: string): number {
  if (text === "all") return Number.POSITIVE_INFINITY;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new UsageError(`--limit ${text}: give a number from 1, or all.`);
}

/** The first `count`; reads no further than that. */
export async function* take<T>(items: AsyncIterable<T>, count: number): AsyncGenerator<T> {
  let left = count;
  for await (const item of items) {
    yield item;
    if (--left <= 0) return;
  }
}
