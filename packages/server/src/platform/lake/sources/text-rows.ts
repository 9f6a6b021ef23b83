/** Rows of a query in pieces, all as text: numbers in decimal, booleans as true and false, times as ISO 8601 in UTC. */
export interface TextRows {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
}

export function toText(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === "string") return value;
  if (value instanceof Date) return value.toISOString();
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean") return String(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("utf8");
  // Values of DuckDB know how they are written.
  return typeof value === "object" && value.toString !== Object.prototype.toString
    ? (value as { toString(): string }).toString()
    : JSON.stringify(value);
}
