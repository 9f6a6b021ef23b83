import type { Context } from "../context.ts";
import { createListWriter } from "../output.ts";
import type { Column } from "../table.ts";

/** A table below what was written; nothing where it has no lines. */
export function writeTable<T>(context: Context, columns: readonly Column<T>[], items: readonly T[]): void {
  if (items.length === 0) return;
  context.stdout.write("\n");
  const list = createListWriter(context, columns);
  list.items(items);
  list.end();
}
