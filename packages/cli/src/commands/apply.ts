import { requireName } from "../addresses.ts";
import { writeChanges } from "../changes.ts";
import { loadingTimeoutMs, textOption, type Run } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { readManifest } from "../manifest.ts";
import { note, writeOne } from "../output.ts";

export const apply: Run = async (context, input) => {
  const file = textOption(input, "file") ?? "";
  const manifest = await readManifest(file);
  const origin = file === "-" ? "stdin" : file;
  if (typeof manifest.name !== "string")
    throw new UsageError(`${origin} has no \`name:\`, so it says nothing about which endpoint.`);
  const name = requireName(manifest.name);
  const dryRun = input.options.dryRun === true;
  const timeoutMs = loadingTimeoutMs(context);
  const message = textOption(input, "message");
  const result = await context.client().endpoints.apply(name, manifest, { dryRun, message, timeoutMs });
  if (context.settings.format === "json") return writeOne(context, result, []);
  if (!result.changed && result.changes.length === 0) {
    note(context, `${name} is as ${origin} says (revision ${result.revision}).`);
    return;
  }
  await writeChanges(context, result.changes);
  const done = dryRun ? "Nothing was changed: this was a dry run." : `${name} is at revision ${result.revision}.`;
  note(context, `\n${done}`);
};
