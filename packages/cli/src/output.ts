import type { Context } from "./context.ts";
import { toCsvLine } from "./csv.ts";
import { createTable, renderFacts, type Column } from "./table.ts";

/** Items a piece of a list that is not held as a whole. */
const pieceSize = 200;

/** A remark beside the answer, on stderr; --quiet drops it. */
export function note(context: Context, text: string): void {
  if (!context.settings.quiet) context.stderr.write(`${text}\n`);
}

/** Something that is worth a line whatever was asked for; still not part of the answer. */
export function warn(context: Context, text: string): void {
  context.stderr.write(`warning: ${text}\n`);
}

export function writeJson(context: Context, value: unknown): void {
  context.stdout.write(`${toPrettyJson(value)}\n`);
}

function toPrettyJson(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

/** A list as a table, a JSON list or a CSV; long ones are written in pieces as they come. */
export async function writeList<T>(
  context: Context,
  columns: readonly Column<T>[],
  items: AsyncIterable<T> | Iterable<T>,
): Promise<void> {
  const write = createListWriter(context, columns);
  let piece: T[] = [];
  for await (const item of items) {
    piece.push(item);
    if (piece.length < pieceSize) continue;
    write.items(piece);
    piece = [];
  }
  write.items(piece);
  write.end();
}

export interface ListWriter<T> {
  items(items: readonly T[]): void;
  end(): void;
}

export function createListWriter<T>(context: Context, columns: readonly Column<T>[]): ListWriter<T> {
  const { stdout, settings } = context;
  let begun = false;
  if (settings.format === "json")
    return {
      items: (items) => {
        for (const item of items) {
          stdout.write(`${begun ? ",\n" : "[\n"}${JSON.stringify(item)}`);
          begun = true;
        }
      },
      end: () => stdout.write(begun ? "\n]\n" : "[]\n"),
    };
  if (settings.format === "csv")
    return {
      items: (items) => {
        if (!begun) stdout.write(`${toCsvLine(columns.map((column) => column.title))}\n`);
        begun = true;
        for (const item of items) stdout.write(`${toCsvLine(columns.map((column) => column.value(item)))}\n`);
      },
      end: () => undefined,
    };
  const table = createTable(columns, {
    width: stdout.isTTY === true ? stdout.columns : undefined,
    now: context.now(),
    heading: context.style.bold,
  });
  return {
    items: (items) => {
      if (items.length > 0) stdout.write(table(items));
      begun ||= items.length > 0;
    },
    end: () => {
      if (!begun) note(context, "Nothing to show.");
    },
  };
}

/** Items that come without an end: JSON Lines, or a table or CSV that goes on. */
export function createLineWriter<T>(context: Context, columns: readonly Column<T>[]): (items: readonly T[]) => void {
  const { stdout, settings } = context;
  if (settings.format !== "json") return createListWriter(context, columns).items;
  return (items) => {
    for (const item of items) stdout.write(`${JSON.stringify(item)}\n`);
  };
}

export type Facts = readonly (readonly [string, unknown])[];

/** One thing: facts below one another, the whole value as JSON, or a CSV of one line. */
export function writeOne(context: Context, value: object, facts: Facts): void {
  const { stdout, settings } = context;
  if (settings.format === "json") writeJson(context, value);
  else if (settings.format === "csv")
    stdout.write(`${toCsvLine(Object.keys(value))}\n${toCsvLine(Object.values(value) as unknown[])}\n`);
  else stdout.write(renderFacts(facts));
}

/** A change that was made: its result as JSON, or one sentence. */
export function writeDone(context: Context, value: unknown, sentence: string): void {
  if (context.settings.format === "json") writeJson(context, value);
  else if (!context.settings.quiet) context.stdout.write(`${sentence}\n`);
}
