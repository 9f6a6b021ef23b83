import { SqlError } from "./sql-error.ts";

export type SqlValue = null | string | number | Uint8Array;

/**
 * Parameters as every database of ours takes them: booleans become 0 and 1, a Date its milliseconds, a bigint a number.
 * @throws SqlError for what would not come back as it went in: undefined, NaN (SQLite stores NULL), infinities,
 * integers beyond 2^53, objects
 */
export function toSqlValues(parameters: readonly unknown[], sql: string): SqlValue[] {
  return parameters.map((value, index) => {
    const converted = toSqlValue(value);
    if (converted === undefined)
      throw new SqlError("other", `parameter ${index + 1} cannot be stored: ${describe(value)}`, sql);
    return converted;
  });
}

function toSqlValue(value: unknown): SqlValue | undefined {
  switch (typeof value) {
    case "string":
      return value;
    case "number":
      return !Number.isFinite(value) || (Number.isInteger(value) && isUnsafe(value)) ? undefined : value;
    case "boolean":
      return value ? 1 : 0;
    case "bigint":
      return isUnsafe(value) ? undefined : Number(value);
    case "object":
      if (value === null || value instanceof Uint8Array) return value;
      return value instanceof Date ? toSqlValue(value.getTime()) : undefined;
    default:
      return undefined;
  }
}

/** Integral doubles beyond 2^53 lose their neighbours; above 2^63 they are plainly doubles and keep their value. */
function isUnsafe(value: number | bigint): boolean {
  const size = value < 0 ? -value : value;
  if (typeof value === "number") return size > Number.MAX_SAFE_INTEGER && size < 2 ** 63;
  return size > Number.MAX_SAFE_INTEGER;
}

function describe(value: unknown): string {
  return typeof value === "object" ? "an object" : String(value);
}
