import type { Pairs } from "./source.ts";

/** An object of somebody else: JSON of a server, a row, a YAML file. */
export type Fields = Readonly<Record<string, unknown>>;

export function toFields(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/** Of several names of one thing, the first that is there: old stores have other names. */
export function textOf(fields: Fields, ...names: readonly string[]): string {
  return optionalText(fields, ...names) ?? "";
}

/** Null where it is missing or empty. */
export function optionalText(fields: Fields, ...names: readonly string[]): string | null {
  for (const name of names) {
    const value = fields[name];
    if (typeof value === "string" && value !== "") return value;
    if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean") return String(value);
  }
  return null;
}

/** Empty and missing are two things. */
export function givenText(fields: Fields, name: string): string | null {
  const value = fields[name];
  return typeof value === "string" ? value : null;
}

/** Whole numbers come as numbers or as text. */
export function optionalInt(fields: Fields, ...names: readonly string[]): number | null {
  for (const name of names) {
    const value = fields[name];
    if (value === null || value === undefined || value === "") continue;
    const number = Number(value);
    if (Number.isFinite(number)) return Math.trunc(number);
  }
  return null;
}

export function intOf(fields: Fields, ...names: readonly string[]): number {
  return optionalInt(fields, ...names) ?? 0;
}

/** A double; NaN and infinities are words in JSON. */
export function doubleOf(value: unknown): number {
  return typeof value === "string" ? parseDouble(value) : Number(value ?? 0);
}

/** As JSON, Python and Java write it. */
export function parseDouble(text: string): number {
  const word = /^([+-]?)(nan|inf(?:inity)?)$/i.exec(text.trim());
  if (word === null) return text.trim() === "" ? Number.NaN : Number(text);
  if (word[2]!.toLowerCase() === "nan") return Number.NaN;
  return word[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

export function listOf(fields: Fields, name: string): readonly Fields[] {
  const value = fields[name];
  return Array.isArray(value) ? value.map(toFields) : [];
}

/** `[{key, value}]`, in the order of the keys, each once. */
export function pairsOf(fields: Fields, name: string): Pairs {
  return toPairs(listOf(fields, name).map((each) => [textOf(each, "key"), textOf(each, "value")]));
}

export function toPairs(pairs: Pairs): Pairs {
  return [...new Map(pairs)].toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
