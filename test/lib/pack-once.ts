import { findEntry } from "./entry.ts";

/** Packs the program for a whole run of the tests; those of some files start it from its sources. */
export function setup(): void {
  const filters = process.argv
    .slice(2)
    .filter((word) => !word.startsWith("-") && !["run", "all", "test"].includes(word));
  if (filters.length === 0) process.env["SLIPWAY_TEST_ENTRY"] = findEntry("tarball");
}
