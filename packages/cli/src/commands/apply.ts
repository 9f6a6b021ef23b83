import { requireName } from "../addresses.ts";
import { textOption, type Run } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { readManifest } from "../manifest.ts";
import { note, writeList, writeOne } from "../output.ts";
import { changeColumns } from "./show.ts";

export const apply: Run = async (context, input) => {
  const file = textOption(input, "file") ?? "";
  const manifest = await readManifest(file);
  if (typeof manifest.name !== "string")
    throw new UsageError(`${file} has no \`name:\`, so it says nothing about which endpoint.`);
  const name = requireName(manifest.name);
  const dryRun = input.options.dryRun === true;
  const message = textOption(input, "message");
  const result = await context.client().endpoints.apply(name, manifest, { dryRun, message });
  if (context.settings.format === "json") return writeOne(context, result, []);
  if (!result.changed && result.changes.length === 0) {
    note(context, `${name} is as ${file} says (revision ${result.revision}).`);
    return;
  }
  await writeList(context, changeColumns, result.changes);
  const done = dryRun ? "Nothing was changed: this was a dry run." : `${name} is at revision ${result.revision}.`;
  note(context, `\n${done}`);
};
