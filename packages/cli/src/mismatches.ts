import type { Mismatch } from "@slipway/contract";
import { createTable, type Column } from "./table.ts";

const columns: readonly Column<Mismatch>[] = [
  { title: "row", value: (item) => item.row, align: "right" },
  { title: "output", value: (item) => item.output },
  { title: "expected", value: (item) => valueText(item.expected), align: "right" },
  { title: "got", value: (item) => valueText(item.got), align: "right" },
  { title: "run", value: (item) => (item.alone ? "alone" : "in a batch") },
];

/** The table of a `parity_failed`; null where the details hold none. */
export function toMismatchTable(details: Readonly<Record<string, unknown>>): string | null {
  const { mismatches, mismatch_count: count } = details;
  if (!Array.isArray(mismatches) || mismatches.length === 0) return null;
  const table = createTable(columns, { now: 0 })(mismatches as Mismatch[]);
  const more = typeof count === "number" && count > mismatches.length ? `and ${count - mismatches.length} more\n` : "";
  return `${table}${more}`;
}

function valueText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
