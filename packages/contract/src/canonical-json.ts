/**
 * JSON with the keys of every object sorted by code unit and no white space: equal values give equal text, so that it can
 * be hashed. Keys whose value is undefined are left out, as in JSON.stringify.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sorted(value)) ?? "null";
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  // An object always moves integer-like keys to the front, in numeric order: another order, but the same for equal values.
  const entries = Object.entries(value).map(([key, member]) => [key, sorted(member)] as const);
  entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return Object.fromEntries(entries);
}
