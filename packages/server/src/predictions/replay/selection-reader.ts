import type { InferenceRecord } from "@slipway/runtime";
import type { Cursor } from "../log-query.ts";
import type { Search } from "../search.ts";
import type { ReplaySelection } from "./messages.ts";

const pageRequests = 64;

/** A request that was selected, and which of its rows: from `from` on, `to` is exclusive. */
export interface Found {
  readonly record: InferenceRecord;
  readonly from: number;
  readonly to: number;
}

export interface Batch {
  readonly records: readonly Found[];
  readonly damaged: number;
  readonly last: boolean;
}

/** Reads the selection piece by piece. */
export function createReader(search: Search, selection: ReplaySelection): (() => Batch) & { limited(): boolean } {
  if ("id" in selection) {
    const { id, row } = selection;
    const one = (): Batch => {
      const record = search.findRecord(id);
      if (record === null) return { records: [], damaged: 0, last: true };
      const range = row === null ? { from: 0, to: record.rows } : { from: row, to: row + 1 };
      return { records: [{ record, ...range }], damaged: 0, last: true };
    };
    return Object.assign(one, { limited: () => false });
  }
  let after: readonly Cursor[] = [];
  let left = selection.limit;
  let limited = false;
  const some = (): Batch => {
    const query = { ...selection, order: "newest" as const, limit: Math.min(pageRequests, left), after };
    const { records, damaged, next } = search.records(query);
    after = next ?? [];
    left -= damaged;
    const taken: Found[] = [];
    for (const record of records) {
      // A request without rows is one prediction that failed.
      const rows = Math.max(1, record.rows);
      if (left < rows) limited = true;
      if (left <= 0) break;
      taken.push({ record, from: 0, to: Math.min(record.rows, left) });
      left -= rows;
    }
    if (left <= 0 && next !== null) limited = true;
    return { records: taken, damaged, last: next === null || left <= 0 };
  };
  return Object.assign(some, { limited: () => limited });
}
