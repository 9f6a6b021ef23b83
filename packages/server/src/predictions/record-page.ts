import { type InferenceRecord, decodeRecord } from "@slipway/runtime/log";
import type { Cursor, ListQuery, PageBuilder, Place } from "./log-query.ts";
import type { ListedRow, ListedRows } from "./merged-list.ts";

export interface RecordAnswer {
  readonly records: readonly InferenceRecord[];
  /** Records of the endpoint whose checksums are wrong. */
  readonly damaged: number;
  readonly next: Cursor | null;
}

function isTold(place: Place, { after, order }: ListQuery): boolean {
  if (after === null || place.instance !== after.instance || place.segment !== after.segment) return false;
  return order === "newest" ? place.byte >= after.byte : place.byte <= after.byte;
}

/** Records are held until they are run: a page of long ones ends here. */
const pageBytes = 4 * 1024 * 1024;

/** A page of whole records, which is full by their number or by their bytes. */
export function createRecordPage(query: ListQuery): PageBuilder<RecordAnswer> {
  const records: InferenceRecord[] = [];
  let [bytes, damaged, more] = [0, 0, false];
  let last: Cursor | null = null;

  /** Whether the place belongs on this page. */
  function take(place: Place): boolean {
    if (isTold(place, query)) return false;
    if (records.length >= query.limit || bytes >= pageBytes) more = true;
    if (!more) last = { ...place, row: 0 };
    return !more;
  }

  return {
    full: () => more,
    add(place, payload) {
      if (!take(place)) return;
      bytes += payload.length;
      // The bytes that a look reads are overwritten by the next one.
      records.push(decodeRecord(Buffer.from(payload)));
    },
    damaged(place) {
      if (take(place)) damaged++;
    },
    answer: (giveWayAt) => ({ records, damaged, next: more ? last : (giveWayAt ?? null) }),
  };
}

/** The same as rows to be merged with those of other instances; a damaged record is null and stands by its neighbour. */
export function createRecordRows(query: ListQuery): PageBuilder<ListedRows<InferenceRecord | null>> {
  const rows: ListedRow<InferenceRecord | null>[] = [];
  let [bytes, more] = [0, false];

  function take(place: Place): boolean {
    if (isTold(place, query)) return false;
    if (rows.length >= query.limit || bytes >= pageBytes) more = true;
    return !more;
  }

  return {
    full: () => more,
    add(place, payload) {
      if (!take(place)) return;
      bytes += payload.length;
      const record = decodeRecord(Buffer.from(payload));
      rows.push({ item: record, at: record.at, place: { ...place, row: 0 } });
    },
    damaged(place) {
      if (!take(place)) return;
      const at = rows.at(-1)?.at ?? (query.order === "newest" ? Infinity : -Infinity);
      rows.push({ item: null, at, place: { ...place, row: 0 } });
    },
    answer: (giveWayAt) => ({ rows, next: more ? (rows.at(-1)?.place ?? null) : (giveWayAt ?? null) }),
  };
}
