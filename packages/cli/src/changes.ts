import type { VersionDiff } from "@slipway/contract";
import type { Context } from "./context.ts";
import { writeList } from "./output.ts";
import type { Column } from "./table.ts";
import { printable } from "./text.ts";

export type Change = VersionDiff["changes"][number];

const columns: readonly Column<Change>[] = [
  { title: "path", value: (change) => change.path },
  { title: "from", value: (change) => cell(change.from) },
  { title: "to", value: (change) => cell(change.to) },
];

/** Longest change that stands on one line. */
const shortLine = 60;

function cell(value: unknown): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value);
}

/** Changes as lines for a person, or as a list in the format that was asked for. */
export async function writeChanges(context: Context, changes: readonly Change[]): Promise<void> {
  if (context.settings.format !== "table") return writeList(context, columns, changes);
  for (const change of changes) context.stdout.write(`${printable(changeText(change), true)}\n`);
}

/** `path: from -> to`; long values below one another, what is gone with a minus and what is new with a plus. */
export function changeText({ path, from, to }: Change): string {
  const [before, after] = [cell(from), cell(to)];
  if (before !== undefined && after !== undefined && before.length + after.length <= shortLine)
    return `${path}: ${before} -> ${after}`;
  const gone = before === undefined ? "" : `\n  - ${before}`;
  const fresh = after === undefined ? "" : `\n  + ${after}`;
  return `${path}${gone}${fresh}`;
}
