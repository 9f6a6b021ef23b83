/** One line of RFC 4180, without its line end. Objects and lists stand as JSON. */
export function toCsvLine(values: readonly unknown[]): string {
  return values.map(toCell).join(",");
}

function toCell(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return /[",\r\n]/.test(text) || /^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
