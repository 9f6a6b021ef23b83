import {
  type InferenceRecord,
  createPeek,
  decodeHeader,
  decodeRecord,
  isIntact,
  peekErased,
  peekRecord,
  sameBytes,
  statuses,
  walkFrames,
} from "@slipway/runtime/log";
import { idGroup, idTime } from "../kernel/ids.ts";
import { erasedError } from "./erased.ts";
import { type DatedSegment, createLogIndex } from "./log-index.ts";
import type { Cursor, ListQuery, PageBuilder, Place } from "./log-query.ts";
import { type ListOne, type ListedRow, type ListedRows, listMerged } from "./merged-list.ts";
import { createRecordPage, createRecordRows, type RecordAnswer } from "./record-page.ts";
import { findShadows } from "./find-shadows.ts";
import { renderPrediction, renderShadow } from "./render.ts";
import { type Block, type SegmentIndex, extendSegmentIndex, readRange } from "./segment-index.ts";

export interface ListAnswer {
  readonly items: readonly Record<string, unknown>[];
  /** Several places where processes wrote at the same time; null on the last page. */
  readonly next: readonly Cursor[] | null;
}

/** `after`: the places of the page before; none is the first page. */
export type LookQuery = Omit<ListQuery, "after"> & { readonly after: readonly Cursor[] };

export interface Search {
  list(query: LookQuery): ListAnswer;
  /** @throws SlipwayError `prediction_not_found` where it was erased */
  find(id: string, row: number | null): Record<string, unknown> | null;
  /** Whole requests with their tensors, in memory of their own; `limit` counts requests. Long ones end a page early. */
  records(query: LookQuery): Omit<RecordAnswer, "next"> & Pick<ListAnswer, "next">;
  /** One whole request. Good until the next look. */
  findRecord(id: string): InferenceRecord | null;
}

/** A look-up that has worked so long hands back what it has and where to go on. */
const budgetMs = 2000;
/** A record is written when its request ends: that long after its arrival at most. */
const longestRequestMs = 10 * 60_000;
/** Segments are dated by a clock that may have been set. */
const clockSlackMs = 60_000;

interface WalkBounds {
  readonly among: readonly DatedSegment[];
  /** Monotonic milliseconds. */
  readonly deadline: number;
}

/** `monotonic` in milliseconds. Everything here is synchronous: it has a thread of its own. */
export function createSearch(folder: string, monotonic: () => number): Search {
  const log = createLogIndex(folder);

  /** What there is now, for one look. */
  function look() {
    const among = log.segments();
    const deadline = monotonic() + budgetMs;
    const byInstance = Map.groupBy(among, ({ index }) => index.instance);
    return {
      groups: toGroups(among),
      bounds: { among, deadline },
      ofInstance: (instance: string): WalkBounds => ({ among: byInstance.get(instance) ?? [], deadline }),
    };
  }

  function walk<Answer>(query: ListQuery, page: PageBuilder<Answer>, { among, deadline }: WalkBounds): Answer {
    const backwards = query.order === "newest";
    const segments = among.filter((segment) => mayHold(segment, query) && !isBehind(segment.index, query));
    if (backwards) segments.reverse();
    for (const { index } of segments) {
      extendSegmentIndex(index);
      const blocks = index.blocks.filter((block) => blockMayHold(block, query));
      if (backwards) blocks.reverse();
      for (const block of blocks) {
        if (isBlockBehind(index, block, query)) continue;
        listBlock({ index, block, query, page });
        if (page.full()) return page.answer();
        if (monotonic() > deadline) return page.answer(edgeOf(index, block, backwards));
      }
      if (monotonic() > deadline) return page.answer(edgeOf(index, wholeOf(index), backwards));
    }
    return page.answer();
  }

  function findTrace(id: string): InferenceRecord | "erased" | null {
    const at = idTime(id);
    const wanted = Buffer.from(id.replaceAll("-", ""), "hex");
    const near = { since: at - clockSlackMs, until: at + clockSlackMs };
    const candidates = log.segments().filter((segment) => mayHold(segment, near));
    for (const { index } of candidates.sort((a, b) => distance(a, at) - distance(b, at))) {
      extendSegmentIndex(index);
      for (const block of index.blocks.filter((candidate) => timeMayHold(candidate, near))) {
        const record = findInBlock(index, block, wanted);
        if (record !== null) return record;
      }
    }
    return null;
  }

  return {
    list({ after, ...query }) {
      const { groups, bounds, ofInstance } = look();
      if (groups.some((instances) => instances.length > 1)) {
        const listOne: ListOne<Record<string, unknown>> = (one, instance) =>
          walk(one, createPage(one), ofInstance(instance));
        return listMerged(groups, { ...query, after }, listOne);
      }
      const one = { ...query, after: after[0] ?? null };
      const { rows, next } = walk(one, createPage(one), bounds);
      return { items: rows.map(({ item }) => item), next: next && [next] };
    },
    records({ after, ...query }) {
      const { groups, bounds, ofInstance } = look();
      if (groups.some((instances) => instances.length > 1)) {
        const listOne: ListOne<InferenceRecord | null> = (one, instance) =>
          walk(one, createRecordRows(one), ofInstance(instance));
        const { items, next } = listMerged(groups, { ...query, after }, listOne);
        const records = items.filter((record) => record !== null);
        return { records, damaged: items.length - records.length, next };
      }
      const one = { ...query, after: after[0] ?? null };
      const { next, ...found } = walk(one, createRecordPage(one), bounds);
      return { ...found, next: next && [next] };
    },
    findRecord(id) {
      const record = findTrace(id);
      return record === "erased" ? null : record;
    },
    find(id, row) {
      const record = findTrace(id);
      if (record === "erased") throw erasedError(id, row);
      return record && toFound(record, row, findShadows(log.segments(), record));
    },
  };
}

/** The instances in the order of their start; those of one server's processes, which write at the same time, together. */
function toGroups(segments: readonly DatedSegment[]): string[][] {
  const groups: string[][] = [];
  for (const instance of new Set(segments.map(({ index }) => index.instance))) {
    const before = groups.at(-1);
    if (before !== undefined && idGroup(before[0]!) === idGroup(instance)) before.push(instance);
    else groups.push([instance]);
  }
  return groups;
}

/** Milliseconds between the time in which a segment was written and the time `at`. */
function distance({ index, writtenUntil }: DatedSegment, at: number): number {
  return Math.max(0, index.createdAt - at, at - writtenUntil);
}

function toFound(
  record: InferenceRecord,
  row: number | null,
  shadows: readonly InferenceRecord[],
): Record<string, unknown> | null {
  if (row !== null && row >= Math.max(1, record.rows)) return null;
  if (row !== null && record.erasedRows?.includes(row)) throw erasedError(record.id, row);
  const found = renderPrediction(record, { row, cut: false });
  return shadows.length === 0 ? found : { ...found, shadows: shadows.map((shadow) => renderShadow(shadow, row)) };
}

function findInBlock(index: SegmentIndex, block: Block, wanted: Buffer): InferenceRecord | "erased" | null {
  const bytes = readRange(index.path, block.from, block.to);
  const peek = createPeek();
  let found: InferenceRecord | "erased" | null = null;
  walkFrames(bytes, { from: 0, to: bytes.length, verify: false }, (from, to) => {
    const erasedAt = peekErased(bytes, from, to);
    const idFrom = erasedAt < 0 && peekRecord(bytes, from, to, peek) ? peek.idFrom : erasedAt;
    if (idFrom < 0 || !sameBytes(bytes, idFrom, wanted) || !isIntact(bytes, from - 8, to)) return true;
    found = erasedAt < 0 ? decodeRecord(bytes.subarray(from, to)) : "erased";
    return false;
  });
  return found;
}

/** What is asked of arrival times. */
interface Times {
  readonly since?: number | undefined;
  readonly until?: number | undefined;
}

function mayHold({ index, writtenUntil }: DatedSegment, { since = -Infinity, until = Infinity }: Times): boolean {
  return since <= writtenUntil + clockSlackMs && until >= index.createdAt - longestRequestMs - clockSlackMs;
}

function timeMayHold(block: Block, { since = -Infinity, until = Infinity }: Times): boolean {
  return since <= block.maxAt && until > block.minAt;
}

function blockMayHold(block: Block, query: ListQuery): boolean {
  return timeMayHold(block, query) && block.endpoints.has(query.endpoint) && (block.troubled || query.errors !== true);
}

/** Whether pages before this one have told all of the segment. */
function isBehind({ instance, segment }: SegmentIndex, { after, order }: ListQuery): boolean {
  if (after === null) return false;
  const place = instance === after.instance ? segment - after.segment : instance < after.instance ? -1 : 1;
  return order === "newest" ? place > 0 : place < 0;
}

function isBlockBehind(index: SegmentIndex, block: Block, { after, order }: ListQuery): boolean {
  if (after === null || index.instance !== after.instance || index.segment !== after.segment) return false;
  return order === "newest" ? block.from > after.byte : block.to <= after.byte;
}

/** Behind all rows of a block, in the order of the walk. */
function edgeOf({ instance, segment }: SegmentIndex, block: Pick<Block, "from" | "to">, backwards: boolean): Cursor {
  return backwards ? { instance, segment, byte: block.from, row: 0 } : { instance, segment, byte: block.to, row: -1 };
}

function wholeOf({ indexedTo }: SegmentIndex): Pick<Block, "from" | "to"> {
  return { from: 0, to: indexedTo };
}

interface BlockWalk {
  readonly index: SegmentIndex;
  readonly block: Block;
  readonly query: ListQuery;
  readonly page: PageBuilder<unknown>;
}

function listBlock({ index, block, query, page }: BlockWalk): void {
  const bytes = readRange(index.path, block.from, block.to);
  const matches = createMatcher(bytes, query);
  const frames: { from: number; to: number }[] = [];
  walkFrames(bytes, { from: 0, to: bytes.length, verify: false }, (from, to) => {
    if (matches(from, to)) frames.push({ from, to });
  });
  if (query.order === "newest") frames.reverse();
  for (const { from, to } of frames) {
    if (page.full()) return;
    const place = { instance: index.instance, segment: index.segment, byte: block.from + from - 8 };
    if (!isIntact(bytes, from - 8, to)) page.damaged?.(place);
    else page.add(place, bytes.subarray(from, to));
  }
}

function createMatcher(bytes: Buffer, query: ListQuery): (from: number, to: number) => boolean {
  const { since = -Infinity, until = Infinity } = query;
  const endpoint = Buffer.from(query.endpoint);
  const key = query.key === undefined ? null : Buffer.from(query.key);
  const peek = createPeek();
  return (from, to) => {
    if (!peekRecord(bytes, from, to, peek)) return false;
    if (peek.at < since || peek.at >= until) return false;
    if (peek.shadowFrom >= 0 && query.shadows !== true) return false;
    if (query.errors === true && statuses[peek.status] === "ok") return false;
    if (peek.endpointTo - peek.endpointFrom !== endpoint.length) return false;
    if (!sameBytes(bytes, peek.endpointFrom, endpoint)) return false;
    if (key === null) return true;
    if (peek.keyFrom < 0) return false;
    // Of many rows any may have the key: which, is looked at when the record is decoded.
    if (peek.rows > 1) return bytes.subarray(peek.keyFrom, to).includes(key);
    return peek.keyTo - peek.keyFrom - 4 === key.length && sameBytes(bytes, peek.keyFrom + 4, key);
  };
}

function createPage(query: ListQuery): PageBuilder<ListedRows<Record<string, unknown>>> {
  const items: ListedRow<Record<string, unknown>>[] = [];
  let last: Cursor | null = null;
  // A row over the limit was met, so there is a next page.
  let more = false;

  function rowsOf(payload: Buffer): number[] {
    const { rows, keys, erasedRows } = decodeHeader(payload);
    const every = Array.from({ length: Math.max(1, rows) }, (_, row) => row);
    const all = erasedRows === undefined ? every : every.filter((row) => !erasedRows.includes(row));
    const wanted = query.key === undefined ? all : all.filter((row) => keys?.[row] === query.key);
    return query.order === "newest" ? wanted.reverse() : wanted;
  }

  function isTold(place: Place, row: number): boolean {
    const { after, order } = query;
    if (after === null || place.instance !== after.instance || place.segment !== after.segment) return false;
    const beyond = place.byte - after.byte || row - after.row;
    return order === "newest" ? beyond >= 0 : beyond <= 0;
  }

  return {
    full: () => more,
    add(place, payload) {
      const rows = rowsOf(payload).filter((row) => !isTold(place, row));
      if (rows.length === 0) return;
      const record = items.length < query.limit ? decodeRecord(payload) : null;
      for (const row of rows) {
        if (record === null || items.length >= query.limit) {
          more = true;
          return;
        }
        last = { ...place, row };
        items.push({ item: renderPrediction(record, { row, cut: true }), at: record.at, place: last });
      }
    },
    answer: (giveWayAt) => ({ rows: items, next: more ? last : (giveWayAt ?? null) }),
  };
}
