import { clip, printable, textWidth } from "./text.ts";

export interface Column<T> {
  /** As it stands in a CSV; in capitals above a table. */
  readonly title: string;
  /** What a CSV holds; null and undefined are empty. */
  readonly value: (item: T) => unknown;
  /** What a table shows, where that is not the value. `now` in milliseconds since 1970. */
  readonly text?: (item: T, now: number) => string;
  readonly align?: "right";
  /** May be cut to fit the terminal. */
  readonly flexible?: boolean;
}

export interface TableLayout {
  /** Columns of the terminal; undefined cuts nothing. */
  readonly width?: number | undefined;
  readonly now: number;
  readonly heading?: (text: string) => string;
}

const gap = "  ";
const narrowest = 12;

/**
 * A table in pieces: the first call sets the widths and writes the heading, the following ones keep them. No borders,
 * so that a line can be cut up by other tools.
 */
export function createTable<T>(columns: readonly Column<T>[], layout: TableLayout): (items: readonly T[]) => string {
  let widths: number[] | undefined;
  return (items) => {
    const rows = items.map((item) => columns.map((column) => cellText(column, item, layout.now)));
    const lines: string[] = [];
    if (widths === undefined) {
      widths = columns.map((column, i) =>
        Math.max(textWidth(column.title), ...rows.map((row) => textWidth(row[i] ?? ""))),
      );
      fit(columns, widths, layout.width);
      const titles = columns.map((column) => column.title.toUpperCase());
      const heading = toLine(columns, titles, widths);
      lines.push(layout.heading?.(heading) ?? heading);
    }
    for (const row of rows) lines.push(toLine(columns, row, widths));
    return lines.map((line) => `${line}\n`).join("");
  };
}

function cellText<T>(column: Column<T>, item: T, now: number): string {
  const value = column.text === undefined ? column.value(item) : column.text(item, now);
  const text = value === null || value === undefined || value === "" ? "-" : String(value);
  return printable(text);
}

/** Takes from the widest flexible column until the line fits. */
function fit<T>(columns: readonly Column<T>[], widths: number[], width: number | undefined): void {
  if (width === undefined) return;
  const total = (): number => widths.reduce((sum, w) => sum + w, gap.length * (widths.length - 1));
  for (let over = total() - width; over > 0; over = total() - width) {
    const candidates = columns
      .map((column, i) => ({ i, width: column.flexible === true ? (widths[i] ?? 0) : 0 }))
      .sort((a, b) => b.width - a.width);
    const [first, second] = candidates;
    if (first === undefined || first.width <= narrowest) return;
    const floor = Math.max(narrowest, Math.min(second?.width ?? 0, first.width - 1));
    widths[first.i] = Math.max(floor, first.width - over);
  }
}

function toLine<T>(columns: readonly Column<T>[], cells: readonly string[], widths: readonly number[]): string {
  const parts = columns.map((column, i) => {
    const width = widths[i] ?? 0;
    const cell = column.flexible === true ? clip(cells[i] ?? "", width) : (cells[i] ?? "");
    const fill = " ".repeat(Math.max(0, width - textWidth(cell)));
    return column.align === "right" ? fill + cell : cell + fill;
  });
  return parts.join(gap).trimEnd();
}

/** Name and value a line, the values below one another. */
export function renderFacts(facts: readonly (readonly [string, unknown])[]): string {
  const shown = facts.filter(([, value]) => value !== null && value !== undefined && value !== "");
  const width = Math.max(0, ...shown.map(([name]) => textWidth(name)));
  return shown
    .map(([name, value]) => {
      const [first = "", ...more] = printable(String(value), true).split("\n");
      const indent = " ".repeat(width + gap.length);
      const head = `${name.padEnd(width)}${gap}${first}`;
      return `${[head, ...more.map((line) => indent + line)].join("\n")}\n`;
    })
    .join("");
}
