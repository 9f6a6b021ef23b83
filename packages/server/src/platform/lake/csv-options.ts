import { closeSync, openSync, readSync } from "node:fs";
import { quoteText } from "./quote.ts";

/** What is guessed from rows would be guessed wrongly where a row is broken: every column is text. */
export function csvOptions(path: string): string {
  return `all_varchar = true, header = true, delim = ${quoteText(findDelimiter(path))}, quote = '"', escape = '"'`;
}

/** The one that the heading has most of. */
function findDelimiter(path: string): string {
  const file = openSync(path, "r");
  try {
    const start = Buffer.alloc(65_536);
    const heading = start.toString("utf8", 0, readSync(file, start)).split("\n")[0] ?? "";
    const count = (delimiter: string) => heading.split(delimiter).length;
    return [",", ";", "\t", "|"].reduce((best, each) => (count(each) > count(best) ? each : best));
  } finally {
    closeSync(file);
  }
}
