import { sourcePattern } from "@slipway/contract";
import { parseSource, type Source, type Sources } from "../platform/lake/sources/source.ts";

type Raw = Readonly<Record<string, unknown>>;

const prefix = "SLIPWAY_SOURCE_";

/**
 * Databases that `labels.sql` may name: `sources:` of the configuration file, and SLIPWAY_SOURCE_NAME of the environment,
 * which wins. An address may hold a password, so a problem never shows it.
 */
export function parseSources(given: { env?: Raw; file?: Raw }, problems: string[]): Sources {
  const found: Record<string, Source> = {};
  const add = (name: string, value: unknown, where: string) => {
    const source = typeof value === "string" ? parseSource(value) : null;
    if (!sourcePattern.test(name))
      problems.push(`${where}: a source is named with a-z, 0-9 and "_", beginning with a letter`);
    else if (source === null)
      problems.push(`${where}: expected an address: duckdb:///path/to/file, sqlite:///path/to/file or postgres://…`);
    else found[name] = source;
  };
  const listed = given.file?.["sources"] ?? {};
  if (typeof listed !== "object" || Array.isArray(listed))
    problems.push("sources: expected a map of names to addresses, such as {warehouse: postgres://…}");
  else for (const [name, value] of Object.entries(listed)) add(name, value, `sources.${name}`);
  for (const [name, value] of Object.entries(given.env ?? {}))
    if (name.startsWith(prefix) && value !== undefined && value !== "")
      add(name.slice(prefix.length).toLowerCase(), value, name);
  return found;
}
