import {
  DuckDBArrayValue,
  DuckDBBlobValue,
  DuckDBDecimalValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  type DuckDBValue,
} from "@duckdb/node-api";

/**
 * JSON-safe: NaN is null, infinities and integers beyond 2^53 are strings, timestamps RFC 3339 in UTC, blobs
 * `{b64}`, maps lists of `{key, value}`; what JSON has no word for is DuckDB's own text.
 */
export function toLakeValue(value: DuckDBValue): unknown {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : Number.isNaN(value) ? null : String(value);
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (value instanceof DuckDBDecimalValue) return fromDecimal(value);
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue) return toTime(value.micros);
  if (value instanceof DuckDBTimestampMillisecondsValue) return toTime(value.millis * 1000n);
  if (value instanceof DuckDBTimestampSecondsValue) return toTime(value.seconds * 1_000_000n);
  if (value instanceof DuckDBTimestampNanosecondsValue) return toTime(value.nanos / 1000n);
  if (value instanceof DuckDBListValue || value instanceof DuckDBArrayValue) return value.items.map(toLakeValue);
  if (value instanceof DuckDBStructValue)
    return Object.fromEntries(Object.entries(value.entries).map(([name, entry]) => [name, toLakeValue(entry)]));
  if (value instanceof DuckDBMapValue)
    return value.entries.map((entry) => ({ key: toLakeValue(entry.key), value: toLakeValue(entry.value) }));
  if (value instanceof DuckDBBlobValue) return { b64: Buffer.from(value.bytes).toString("base64") };
  return String(value);
}

/** The shortest decimal that is this 32-bit float and no other: 0.7 rather than 0.699999988079071. */
export function shortestFloat(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return Number(value.toPrecision(9));
}

function fromDecimal(value: DuckDBDecimalValue): number | string {
  const digits = value.value < 0n ? -value.value : value.value;
  return digits <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value.toString()) : value.toString();
}

/** Of the infinite timestamps, and of years that JavaScript does not know, the number itself. */
function toTime(micros: bigint): string {
  const ms = Number(micros / 1000n);
  const rest = Number(micros % 1000n);
  const date = new Date(rest < 0 ? ms - 1 : ms);
  if (Number.isNaN(date.getTime())) return String(micros);
  if (rest === 0) return date.toISOString();
  return date.toISOString().replace("Z", `${String((rest + 1000) % 1000).padStart(3, "0")}Z`);
}
