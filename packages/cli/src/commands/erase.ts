import type { EraseResult } from "@slipway/contract";
import { requireName } from "../addresses.ts";
import { confirm } from "../confirm.ts";
import { argument, textOption, type Context, type Run } from "../context.ts";
import { followOperation } from "../follow-operation.ts";
import { note, writeDone } from "../output.ts";

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;

export const erasePredictions: Run = async (context, input) => {
  const name = requireName(argument(input, 0));
  const where = textOption(input, "where") ?? "";
  const found = await erase(context, name, { where, dryRun: true });
  const what = `${plural(found.predictions, "prediction")} of ${name} (in ${plural(found.requests, "request")})`;
  if (input.options.dryRun === true) return writeDone(context, found, `${what} would be erased.`);
  if (found.predictions === 0) return writeDone(context, found, `Nothing of ${name} matches; nothing was erased.`);
  await confirm(context, `Erase ${what} for good?`);
  const result = await erase(context, name, { where });
  const files = `${plural(result.segments, "log file")} and ${plural(result.lake_files, "Parquet file")} rewritten`;
  const labels = result.labels === 0 ? "" : ` and ${plural(result.labels, "label")}`;
  const sentence = `${plural(result.predictions, "prediction")}${labels} erased; ${files}. Erasure ${result.erasure}.`;
  writeDone(context, result, sentence);
  for (const text of result.notes) note(context, text);
};

async function erase(
  context: Context,
  name: string,
  request: { where: string; dryRun?: boolean },
): Promise<EraseResult> {
  const { predictions } = context.client();
  const { result } = await followOperation(context, "The erasure", (signal) =>
    predictions.erase(name, { ...request, signal }),
  );
  return result as EraseResult;
}
