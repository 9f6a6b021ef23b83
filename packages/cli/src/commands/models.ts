import type { Model, ModelVersion } from "@slipway/contract";
import { requireAddress, requireName, requireVersionAddress, resolveVersion } from "../addresses.ts";
import { confirm } from "../confirm.ts";
import { argument, loadingTimeoutMs, textOption, type Run } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { note, writeDone, writeList } from "../output.ts";
import type { Column } from "../table.ts";
import { bytesText } from "../text.ts";
import { relativeTime } from "../time.ts";

export function aliasesText(aliases: Readonly<Record<string, number>>): string {
  return Object.entries(aliases)
    .map(([alias, version]) => `${alias}=${version}`)
    .join(" ");
}

const modelColumns: readonly Column<Model>[] = [
  { title: "name", value: (item) => item.name },
  { title: "latest", value: (item) => item.latest, align: "right" },
  { title: "versions", value: (item) => item.versions, align: "right" },
  { title: "aliases", value: (item) => aliasesText(item.aliases), flexible: true },
  {
    title: "created_at",
    value: (item) => item.created_at,
    text: (item, now) => relativeTime(item.created_at, now),
  },
];

const versionColumns: readonly Column<ModelVersion>[] = [
  { title: "version", value: (item) => `${item.model}@${item.version}` },
  { title: "aliases", value: (item) => item.aliases.join(" ") },
  { title: "state", value: (item) => item.state },
  { title: "flavor", value: (item) => item.flavor },
  { title: "placement", value: (item) => item.placement, text: (item) => (isSeen(item) ? item.placement : "") },
  {
    title: "size",
    value: (item) => sizeOf(item),
    text: (item) => (isSeen(item) ? bytesText(sizeOf(item)) : ""),
    align: "right",
  },
  {
    title: "created_at",
    value: (item) => item.created_at,
    text: (item, now) => relativeTime(item.created_at, now),
  },
  { title: "author", value: (item) => item.author },
  { title: "message", value: (item) => item.message, flexible: true },
];

/** Of what is only registered, nobody knows more than where its files are. */
function isSeen({ state }: ModelVersion): boolean {
  return state === "verified";
}

export function sizeOf(version: ModelVersion): number {
  return version.files.reduce((sum, file) => sum + file.size, 0);
}

export const models: Run = async (context) =>
  writeList(context, modelColumns, context.client().models.all({ limit: 200 }));

export const versions: Run = async (context, input) => {
  const name = requireName(argument(input, 0));
  await writeList(context, versionColumns, context.client().versions.all(name, { limit: 200 }));
};

export const setAlias: Run = async (context, input) => {
  const { name, version: named } = requireVersionAddress(argument(input, 0));
  const alias = argument(input, 1);
  if (/^\d+$/.test(alias)) throw new UsageError(`${alias} is a version and no alias.`);
  const version = await resolveVersion(context, name, named);
  const message = textOption(input, "message");
  const timeoutMs = loadingTimeoutMs(context);
  const allow_breaking = input.options.allowBreaking === true ? true : undefined;
  const state = await context.client().aliases.set(name, alias, { version, allow_breaking, message, timeoutMs });
  const { operation } = state;
  writeDone(context, state, `${name}@${state.alias} is now ${name}@${state.version}.`);
  // A server of before sends none.
  if ((operation ?? null) !== null && context.settings.format === "table")
    note(
      context,
      `Nobody has looked at this version yet. Traffic moves once that is done: slipway operations ${operation}`,
    );
};

export const deleteAlias: Run = async (context, input) => {
  const name = requireName(argument(input, 0));
  const alias = argument(input, 1);
  await confirm(context, `Delete the alias ${name}@${alias}?`);
  await context.client().aliases.remove(name, alias);
  writeDone(context, { model: name, alias, deleted: true }, `${name}@${alias} is deleted.`);
};

export const remove: Run = async (context, input) => {
  const { name, version, alias } = requireAddress(argument(input, 0));
  if (alias !== undefined)
    throw new UsageError(
      `${name}@${alias} is an alias: name the version by its number, or \`slipway alias delete ${name} ${alias}\`.`,
    );
  const client = context.client();
  if (version === undefined) {
    await confirm(context, `Delete the model ${name} with all its versions?`);
    await client.models.remove(name);
    writeDone(context, { model: name, deleted: true }, `${name} is deleted.`);
    return;
  }
  await confirm(context, `Delete ${name}@${version}?`);
  await client.versions.remove(name, version);
  const done = { model: name, version, deleted: true };
  writeDone(context, done, `${name}@${version} is deleted.`);
};
