import { isUtf8 } from "node:buffer";
import { SlipwayError } from "@slipway/contract/errors";
import { requireDense } from "./records-to-columns.ts";

/** What pandas reads as a missing value by default. */
const missing: ReadonlySet<string> = new Set(
  ",#N/A,#N/A N/A,#NA,-1.#IND,-1.#QNAN,-NaN,-nan,1.#IND,1.#QNAN,<NA>,N/A,NA,NULL,NaN,None,n/a,nan,null".split(","),
);

/**
 * The columns of a CSV text with a header, each a list of texts; null where a value is missing, and in rows that end early. A name
 * that stands twice means the first. Throws `invalid_request`.
 */
export function parseCsv(bytes: Uint8Array): Map<string, (string | null)[]> {
  if (!isUtf8(bytes)) throw malformed("it is not UTF-8");
  const rows = splitCsv(
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
      .toString("utf8")
      .replace(/^\uFEFF/, ""),
  );
  const header = rows[0];
  if (header === undefined) throw malformed("there is no header row");
  const values = rows.reduce((sum, row) => sum + row.length, 0);
  requireDense({ rows: rows.length, columns: header.length, values });
  const columns = header.map((): (string | null)[] => []);
  for (let r = 1; r < rows.length; r++) {
    const row = rows[r]!;
    if (row.length > header.length)
      throw malformed(`row ${r} has ${row.length} values, the header names ${header.length}`);
    for (let c = 0; c < header.length; c++) {
      const text = row[c] ?? "";
      columns[c]!.push(missing.has(text) ? null : text);
    }
  }
  const named = new Map<string, (string | null)[]>();
  header.forEach((name, c) => named.has(name) || named.set(name, columns[c]!));
  return named;
}

/** RFC 4180: fields in quotes may hold commas, line breaks and doubled quotes. Empty lines are left out. */
function splitCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  while (at < text.length) {
    let field: string;
    if (text[at] === '"') {
      const { value, end } = readQuoted(text, at + 1);
      field = value;
      at = end;
    } else {
      const start = at;
      while (at < text.length && text[at] !== "," && text[at] !== "\n" && text[at] !== "\r") at++;
      field = text.slice(start, at);
    }
    const mark = text[at];
    if (row.length === 0 && field === "" && mark !== ",") {
      at += text.startsWith("\r\n", at) ? 2 : 1;
      continue;
    }
    row.push(field);
    if (mark === ",") {
      at++;
      if (at < text.length) continue;
      row.push("");
    } else at += text.startsWith("\r\n", at) ? 2 : 1;
    rows.push(row);
    row = [];
  }
  if (row.length > 0) rows.push(row);
  return rows;
}

function readQuoted(text: string, start: number): { value: string; end: number } {
  let value = "";
  let from = start;
  for (;;) {
    const quote = text.indexOf('"', from);
    if (quote < 0) throw malformed("a quote is never closed");
    value += text.slice(from, quote);
    if (text[quote + 1] !== '"') {
      const end = quote + 1;
      const mark = text[end];
      if (mark !== undefined && mark !== "," && mark !== "\n" && mark !== "\r")
        throw malformed(`there is ${JSON.stringify(text.slice(end, end + 10))} after the end of a quoted value`);
      return { value, end };
    }
    value += '"';
    from = quote + 2;
  }
}

function malformed(why: string): SlipwayError {
  return new SlipwayError("invalid_request", `The body is no CSV with a header: ${why}.`);
}
