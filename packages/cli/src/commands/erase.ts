import type { EraseResult, Operation } from "@slipway/contract";
import { requireName } from "../addresses.ts";
import { confirm } from "../confirm.ts";
import { argument, textOption, type Context, type Run } from "../context.ts";
import { note, writeDone } from "../output.ts";
import { createProgress } from "../progress.ts";
import { printable } from "../text.ts";

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;

export const erasePredictions: Run = async (context, input) => {
  const name = requireName(argument(input, 0));
  const where = textOption(input, "where") ?? "";
  const { predictions } = context.client();
  const found = await follow(context, await predictions.erase(name, { where, dryRun: true }));
  const what = `${plural(found.predictions, "prediction")} of ${name} (in ${plural(found.requests, "request")})`;
  if (input.options.dryRun === true) return writeDone(context, found, `${what} would be erased.`);
  if (found.predictions === 0) return writeDone(context, found, `Nothing of ${name} matches; nothing was erased.`);
  await confirm(context, `Erase ${what} for good?`);
  const result = await follow(context, await predictions.erase(name, { where }));
  const files = `${plural(result.segments, "log file")} and ${plural(result.lake_files, "Parquet file")} rewritten`;
  const labels = result.labels === 0 ? "" : ` and ${plural(result.labels, "label")}`;
  const sentence = `${plural(result.predictions, "prediction")}${labels} erased; ${files}. Erasure ${result.erasure}.`;
  writeDone(context, result, sentence);
  for (const text of result.notes) note(context, text);
};

/** Waits with progress. @throws SlipwayError what the operation failed with */
async function follow(context: Context, started: Operation): Promise<EraseResult> {
  const progress = createProgress(context.stderr, context.settings.quiet);
  const { timeoutMs } = context.settings;
  try {
    const ended = await context.client().operations.wait(started.id, {
      ...(timeoutMs === undefined ? {} : { signal: AbortSignal.timeout(timeoutMs) }),
      onProgress: ({ message, stage, state, fraction }) =>
        progress.show(printable(message || stage || state), fraction),
    });
    return ended.result as EraseResult;
  } finally {
    progress.clear();
  }
}
