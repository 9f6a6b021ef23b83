import type { GcResult } from "@slipway/contract";
import { parseDuration } from "@slipway/contract/duration";
import { textOption, type Run } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { followOperation } from "../follow-operation.ts";
import { note, writeJson, writeList } from "../output.ts";
import type { Column } from "../table.ts";
import { bytesText } from "../text.ts";

const parts = [
  ["experiments", "experiments that were deleted"],
  ["runs", "runs that were deleted"],
  ["logged_models", "logged models that were deleted"],
  ["blobs", "files of no living version or artifact"],
  ["partial_uploads", "uploads that were given up"],
  ["loaded_folders", "laid out files of versions not in memory"],
  ["damaged_files", "damaged files put aside"],
  ["operations", "operations that ended long ago"],
] as const;

interface Part {
  readonly what: string;
  readonly count: number;
  readonly bytes: number;
  readonly examples: readonly string[];
}

const columns: readonly Column<Part>[] = [
  { title: "what", value: (item) => item.what },
  { title: "count", value: (item) => item.count, align: "right" },
  { title: "bytes", value: (item) => item.bytes, text: (item) => bytesText(item.bytes), align: "right" },
  { title: "such_as", value: (item) => item.examples.slice(0, 3).join(" "), flexible: true },
];

export const gc: Run = async (context, input) => {
  const request = {
    dry_run: input.options.dryRun === true,
    ...age("older_than_ms", textOption(input, "olderThan")),
    ...age("deleted_older_than_ms", textOption(input, "deletedOlderThan")),
    ...age("operations_older_than_ms", textOption(input, "operationsOlderThan")),
  };
  const client = context.client();
  const { result } = await followOperation(context, "The collection", (signal) =>
    client.server.gc(request, { signal }),
  );
  const found = result as unknown as GcResult;
  if (context.settings.format === "json") return writeJson(context, found);
  await writeList(
    context,
    columns,
    parts.map(([name, what]) => ({ what, ...found[name] })),
  );
  note(context, `${bytesText(found.bytes)} ${found.dry_run ? "would be freed; nothing was changed" : "freed"}.`);
  if (found.kept.count > 0)
    note(
      context,
      `${found.kept.count} unneeded files (${bytesText(found.kept.bytes)}) stay for now: too young, or in use.`,
    );
  if (found.deleted_kept > 0)
    note(context, `${found.deleted_kept} deleted runs and logged models stay: living versions came from them.`);
  if (found.not_replayable.length > 0)
    note(
      context,
      `Predictions of these deleted versions ${found.dry_run ? "could not be" : "cannot be"} run again: ${found.not_replayable.join(", ")}.`,
    );
};

function age(name: string, text: string | undefined): Record<string, number> {
  if (text === undefined) return {};
  try {
    return { [name]: Math.round(parseDuration(text)) };
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
