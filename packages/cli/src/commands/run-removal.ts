import type { NewRunSelection, Operation, RunsMoved } from "@slipway/contract";
import { textOption, type Context, type Input, type Run } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { followOperation } from "../follow-operation.ts";
import { note, writeJson, writeList } from "../output.ts";

type Start = (selection: NewRunSelection, options: { readonly signal: AbortSignal }) => Promise<Operation>;

export const deleteRuns: Run = (context, input) =>
  move(context, input, { what: "The deletion", past: "deleted", start: context.client().runs.delete });

export const restoreRuns: Run = (context, input) =>
  move(context, input, { what: "The restoration", past: "restored", start: context.client().runs.restore });

interface Move {
  readonly what: string;
  readonly past: string;
  readonly start: Start;
}

async function move(context: Context, input: Input, { what, past, start }: Move): Promise<void> {
  const selection = toSelection(input);
  const { result } = await followOperation(context, what, (signal) => start(selection, { signal }));
  const moved = result as unknown as RunsMoved;
  if (context.settings.format === "json") return writeJson(context, moved);
  await writeList(context, [{ title: "run", value: (id: string) => id }], moved.run_ids);
  const runs = moved.count === 1 ? "1 run" : `${moved.count} runs`;
  note(context, moved.dry_run ? `${runs} would be ${past}; nothing was changed.` : `${runs} ${past}.`);
}

function toSelection(input: Input): NewRunSelection {
  const ids = input.args[0];
  const [experiment, filter] = [textOption(input, "experiment"), textOption(input, "filter")];
  if ((ids === undefined) === (experiment === undefined && filter === undefined))
    throw new UsageError("Name runs by their ids with commas between them, or by --experiment, --filter or both.");
  return {
    ...(ids === undefined ? {} : { run_ids: ids.split(",").map((id) => id.trim()) }),
    ...(experiment === undefined ? {} : { experiment }),
    ...(filter === undefined ? {} : { filter }),
    dry_run: input.options.dryRun === true,
  };
}
