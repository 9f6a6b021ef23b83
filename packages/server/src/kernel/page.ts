import { SlipwayError } from "@slipway/contract";

/** A page of a list. `next` is null on the last page. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

export interface PageQuery {
  /** 1 to 1000. */
  readonly limit: number;
  /** The `next` of the page before; null is the first page. */
  readonly cursor: string | null;
}

/** Cursors are opaque to callers: the sort key of the last item, as base64url JSON. */
export function encodeCursor(key: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(key)).toString("base64url");
}

/** The parts of a cursor, which are of these kinds; numbers are whole. @throws SlipwayError `invalid_request` */
export function decodeCursor(cursor: string, kinds: readonly ("string" | "number")[]): readonly (string | number)[] {
  const parts = decodeCursors(cursor, kinds);
  if (parts.length === kinds.length) return parts;
  throw wrongCursor();
}

/** The same of a cursor that names several places: the kinds come again and again, at least once. */
export function decodeCursors(cursor: string, kinds: readonly ("string" | "number")[]): readonly (string | number)[] {
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString());
    if (
      Array.isArray(key) &&
      key.length > 0 &&
      key.length % kinds.length === 0 &&
      key.every(
        (part, i) =>
          typeof part === kinds[i % kinds.length] && (typeof part === "string" || Number.isSafeInteger(part)),
      )
    )
      return key;
  } catch {
    // falls through to the one message
  }
  throw wrongCursor();
}

function wrongCursor(): SlipwayError {
  return new SlipwayError("invalid_request", "The cursor is not one that this server gave out; start without one.");
}

/** Fetched `limit + 1` rows: cuts the extra one and says whether there is more. */
export function toPage<T>(rows: readonly T[], limit: number, key: (row: T) => readonly (string | number)[]): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last !== undefined ? encodeCursor(key(last)) : null };
}
