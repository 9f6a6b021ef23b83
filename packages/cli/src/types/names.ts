/** "flight-delay" -> "FlightDelay", "3d.scan" -> "_3dScan": the start of a type's name. */
export function toTypeName(name: string): string {
  const words = name.split(/[^a-z0-9]+/i).filter((word) => word !== "");
  const joined = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
  return /^[A-Z]/.test(joined) ? joined : `_${joined}`;
}

/** A property's name as it must be written: `hour`, `"late share"`. */
export function toPropertyName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

/** `"on_time" | "late"`; beyond a thousand, where a compiler would be busy with nothing else, any string. */
export function toUnion(names: readonly string[]): string {
  if (names.length > 1000) return "string";
  return [...new Set(names)].map((name) => JSON.stringify(name)).join(" | ");
}
