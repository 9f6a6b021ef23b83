import type { EnvironmentPruneResult, EnvironmentVerifyResult, PythonEnvironment } from "@slipway/contract";
import { parseDuration } from "@slipway/contract/duration";
import { argument, textOption, type Run } from "../context.ts";
import { exitCodes, UsageError } from "../exit-codes.ts";
import { followOperation } from "../follow-operation.ts";
import { note, writeDone, writeJson, writeList } from "../output.ts";
import type { Column } from "../table.ts";
import { bytesText } from "../text.ts";
import { relativeTime } from "../time.ts";

const shortHash = (hash: string): string => hash.slice(0, 12);

const environmentColumns: readonly Column<PythonEnvironment>[] = [
  { title: "hash", value: (item) => item.hash, text: (item) => shortHash(item.hash) },
  { title: "python", value: (item) => item.python },
  { title: "packages", value: (item) => item.packages, align: "right" },
  { title: "size", value: (item) => item.size_bytes, text: (item) => bytesText(item.size_bytes), align: "right" },
  {
    title: "last_used_at",
    value: (item) => item.last_used_at,
    text: (item, now) => relativeTime(item.last_used_at, now),
  },
  {
    title: "versions",
    value: (item) => item.versions.join(" "),
    text: (item) => (item.overlay ? "(overlay)" : item.versions.join(" ")),
    flexible: true,
  },
];

export const environments: Run = async (context) =>
  writeList(context, environmentColumns, context.client().environments.all({ limit: 200 }));

type VerifiedEnvironment = EnvironmentVerifyResult["environments"][number];

const verifiedColumns: readonly Column<VerifiedEnvironment>[] = [
  { title: "hash", value: (item) => item.hash, text: (item) => shortHash(item.hash) },
  { title: "state", value: (item) => (item.problems.length === 0 ? "whole" : "damaged") },
  { title: "files", value: (item) => item.files, align: "right" },
  { title: "problems", value: (item) => item.problems.join(" "), flexible: true },
];

export const verifyEnvironments: Run = async (context, input) => {
  const hash = input.args[0];
  const client = context.client();
  const { result } = await followOperation(context, "The verification", (signal) =>
    client.environments.verify(hash === undefined ? {} : { hash }, { signal }),
  );
  const { environments: found } = result as unknown as EnvironmentVerifyResult;
  if (context.settings.format === "json") writeJson(context, { environments: found });
  else await writeList(context, verifiedColumns, found);
  const damaged = found.filter(({ problems }) => problems.length > 0);
  if (damaged.length === 0) return exitCodes.ok;
  note(context, `Make anew what is damaged: slipway envs rebuild ${shortHash(damaged[0]!.hash)}`);
  return exitCodes.failed;
};

type Pruned = EnvironmentPruneResult["removed"][number] & { readonly gone: boolean };

const prunedColumns: readonly Column<Pruned>[] = [
  { title: "hash", value: (item) => item.hash, text: (item) => shortHash(item.hash) },
  { title: "size", value: (item) => item.size_bytes, text: (item) => bytesText(item.size_bytes), align: "right" },
  { title: "removed", value: (item) => item.gone },
];

export const pruneEnvironments: Run = async (context, input) => {
  const request = { dry_run: input.options.dryRun === true, ...age(textOption(input, "olderThan")) };
  const client = context.client();
  const { result } = await followOperation(context, "The removal", (signal) =>
    client.environments.prune(request, { signal }),
  );
  const found = result as unknown as EnvironmentPruneResult;
  if (context.settings.format === "json") return writeJson(context, found);
  const rows = [
    ...found.removed.map((each) => ({ ...each, gone: true })),
    ...found.kept.map((each) => ({ ...each, gone: false })),
  ];
  await writeList(context, prunedColumns, rows);
  note(context, `${bytesText(found.bytes)} ${found.dry_run ? "would be freed; nothing was changed" : "freed"}.`);
  if (found.kept.length > 0)
    note(context, "What stays though no version needs it was used lately, or another server uses it.");
};

export const rebuildEnvironment: Run = async (context, input) => {
  const given = argument(input, 0);
  const offline = input.options.offline === true;
  const client = context.client();
  const { result } = await followOperation(context, "The rebuild", (signal) =>
    client.environments.rebuild(given, { offline }, { signal }),
  );
  writeDone(context, result, `The environment ${shortHash((result as { hash: string }).hash)} was made anew.`);
};

function age(text: string | undefined): { older_than_ms?: number } {
  if (text === undefined) return {};
  try {
    return { older_than_ms: Math.round(parseDuration(text)) };
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
