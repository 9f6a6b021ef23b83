/** Writes JSON in which a bigint stands as the number it is, so that 64-bit inputs keep every digit. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item !== "bigint") return item;
    return rawJson === undefined ? item.toString() : rawJson(item.toString());
  });
}

/** Without it (older browsers) a bigint is sent as a string of digits, which the server reads the same way. */
const rawJson = (JSON as { rawJSON?: (text: string) => unknown }).rawJSON?.bind(JSON);
