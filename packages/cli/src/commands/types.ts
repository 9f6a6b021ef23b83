import { writeFile } from "node:fs/promises";
import { SlipwayError } from "@slipway/contract/errors";
import { requireName } from "../addresses.ts";
import { argument, textOption, type Run } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { writeDone, writeJson } from "../output.ts";
import { renderTypes } from "../types/render.ts";

export const types: Run = async (context, input) => {
  const name = requireName(argument(input, 0));
  const file = textOption(input, "out");
  const client = context.client();
  const endpoint = await client.endpoints.get(name);
  const { target } = endpoint;
  if (target === null)
    throw new SlipwayError(
      "precondition_failed",
      `No version serves ${name}, so nothing says what it takes. Give it one first: \`slipway promote ${name}@1\`.`,
      { endpoint: name },
    );
  const version = await client.versions.get(target.model, target.version);
  const text = renderTypes(endpoint, version);
  const about = { endpoint: name, model: version.model, version: version.version };
  if (file === undefined) {
    if (context.settings.format === "json") writeJson(context, { ...about, types: text });
    else context.stdout.write(text);
    return;
  }
  await writeFile(file, text).catch((error: unknown) => {
    throw new UsageError(`${file} cannot be written: ${(error as Error).message}`);
  });
  writeDone(
    context,
    { ...about, file },
    `${file} has the types of ${name}, as ${about.model}@${about.version} serves it.`,
  );
};
