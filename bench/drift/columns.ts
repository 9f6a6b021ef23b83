import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createNormal, createRandom } from "@slipway/statistics";

interface Columns {
  readonly numbers: readonly string[];
  readonly categories: readonly string[];
  /** What the codes of the categories mean. */
  readonly levels: readonly string[];
  readonly rows: number;
}

const sides = ["reference", "current"] as const;
export type Side = (typeof sides)[number];

const LEVELS = 20;

/** Normal numbers and levels, a little shifted from the reference to the current sample, more so in later columns. */
export function makeNumbers(rows: number, { side, column }: { side: Side; column: number }): Float64Array {
  const normal = createNormal(createRandom(2 * column + sides.indexOf(side)));
  const shift = side === "current" ? column / 50 : 0;
  return Float64Array.from({ length: rows }, () => shift + normal());
}

function makeCodes(rows: number, { side, column }: { side: Side; column: number }): Uint8Array {
  const random = createRandom(10_000 + 2 * column + sides.indexOf(side));
  const bend = side === "current" ? 1 + column / 10 : 1;
  return Uint8Array.from({ length: rows }, () => Math.floor(LEVELS * random() ** bend));
}

/** Writes a file for each column and side, little-endian, and columns.json. */
export function writeColumns(folder: string, rows: number, counts: { numbers: number; categories: number }): void {
  const name = (kind: string) => (_: unknown, i: number) => `${kind}_${i}`;
  const columns: Columns = {
    numbers: Array.from({ length: counts.numbers }, name("number")),
    categories: Array.from({ length: counts.categories }, name("category")),
    levels: Array.from({ length: LEVELS }, name("level")),
    rows,
  };
  writeFileSync(join(folder, "columns.json"), JSON.stringify(columns));
  for (const side of sides) {
    columns.numbers.forEach((column, i) =>
      writeFileSync(join(folder, `${side}-${column}`), makeNumbers(rows, { side, column: i })),
    );
    columns.categories.forEach((column, i) =>
      writeFileSync(join(folder, `${side}-${column}`), makeCodes(rows, { side, column: i })),
    );
  }
}

export function readColumns(folder: string): Columns {
  return JSON.parse(readFileSync(join(folder, "columns.json"), "utf8")) as Columns;
}

export function readNumbers(folder: string, side: Side, column: string): Float64Array {
  const { buffer, byteOffset, byteLength } = readFileSync(join(folder, `${side}-${column}`));
  return new Float64Array(buffer, byteOffset, byteLength / 8);
}

/** As the texts that come out of a lake: one object for each level. */
export function readTexts(folder: string, file: { side: Side; column: string; levels: readonly string[] }): string[] {
  return Array.from(readFileSync(join(folder, `${file.side}-${file.column}`)), (code) => file.levels[code]!);
}
