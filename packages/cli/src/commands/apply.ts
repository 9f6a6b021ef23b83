import type { ApplyResult, DeployResult } from "@slipway/contract";
import { SlipwayError } from "@slipway/contract/errors";
import { requireName } from "../addresses.ts";
import { writeChanges } from "../changes.ts";
import { loadingTimeoutMs, textOption, type Context, type Run } from "../context.ts";
import { hashFile } from "../deploy/hash.ts";
import type { DeployPlan } from "../deploy/deploy-plan.ts";
import { planManifest } from "../deploy/plan.ts";
import { UsageError } from "../exit-codes.ts";
import { readManifest } from "../manifest.ts";
import { note, writeOne } from "../output.ts";
import { runDeploy, toOptions } from "./deploy.ts";

interface Wanted {
  readonly name: string;
  readonly origin: string;
  readonly manifest: Readonly<Record<string, unknown>>;
  readonly message: string | undefined;
}

/** A file that names a model brings the model too; one without it changes only how the endpoint serves and records. */
export const apply: Run = async (context, input) => {
  const file = textOption(input, "file") ?? "";
  const manifest = await readManifest(file);
  const origin = file === "-" ? "stdin" : file;
  if (typeof manifest.name !== "string")
    throw new UsageError(`${origin} has no \`name:\`, so it says nothing about which endpoint.`);
  const wanted = { name: requireName(manifest.name), origin, manifest, message: textOption(input, "message") };
  const plan = file === "-" || manifest.model === undefined ? null : await planManifest(file);
  if (input.options.dryRun === true)
    return print(context, wanted, { ...(await foresee(context, wanted, plan)), dryRun: true });
  const { expect, allow_breaking } = toOptions(input);
  if (!plan && (expect !== undefined || allow_breaking === true))
    throw new UsageError(`${origin} names no model, so --expect and --allow-breaking have no meaning.`);
  if (!plan) return print(context, wanted, { ...(await change(context, wanted, false)), dryRun: false });
  const before = await findRevision(context, wanted.name);
  const gates = { ...(expect === undefined ? {} : { expect }), ...(allow_breaking ? { allow_breaking } : {}) };
  const options = { plan, traffic: true, detach: false, ...gates };
  const message = wanted.message === undefined ? {} : { message: wanted.message };
  await runDeploy(context, { ...options, ...message }, async (_job, operation) => {
    const { revision } = operation.result as DeployResult;
    const { items } = await context.client().endpoints.revisions(wanted.name, { limit: 1 });
    const changed = revision !== before;
    const changes = changed ? (items[0]?.changes ?? []) : [];
    await print(context, wanted, { endpoint: wanted.name, changed, revision: revision ?? 0, changes, dryRun: false });
  });
};

function change(context: Context, { name, manifest, message }: Wanted, dryRun: boolean): Promise<ApplyResult> {
  const timeoutMs = loadingTimeoutMs(context);
  return context.client().endpoints.apply(name, manifest, { dryRun, message, timeoutMs });
}

async function findRevision(context: Context, name: string): Promise<number | null> {
  try {
    return (await context.client().endpoints.get(name)).revision;
  } catch (error) {
    if (SlipwayError.is(error) && error.code === "endpoint_not_found") return null;
    throw error;
  }
}

/** What would change: how the endpoint serves, as the server says, and the model's files, by their digests. */
async function foresee(context: Context, wanted: Wanted, plan: DeployPlan | null): Promise<ApplyResult> {
  if ((await findRevision(context, wanted.name)) === null) {
    if (!plan) return change(context, wanted, true);
    const to = plan.files.map((each) => each.path);
    return { endpoint: wanted.name, changed: true, revision: 0, changes: [{ path: "model", to }] };
  }
  const result = await change(context, wanted, true);
  const files = plan ? await findOtherFiles(context, wanted.name, plan) : [];
  return { ...result, changed: result.changed || files.length > 0, changes: [...files, ...result.changes] };
}

async function findOtherFiles(context: Context, name: string, plan: DeployPlan): Promise<ApplyResult["changes"]> {
  const client = context.client();
  const { target } = await client.endpoints.get(name);
  const version = target && (await client.versions.get(target.model, target.version));
  const changes: ApplyResult["changes"] = [];
  for (const { path, absolute } of plan.files) {
    const from = version?.files.find((each) => each.path === path)?.sha256;
    const to = await hashFile(absolute, () => undefined);
    if (from !== to) changes.push({ path: `files.${path}`, ...(from === undefined ? {} : { from }), to });
  }
  return changes;
}

async function print(context: Context, wanted: Wanted, result: ApplyResult & { dryRun: boolean }): Promise<void> {
  const { dryRun, ...shown } = result;
  if (context.settings.format === "json") return writeOne(context, shown, []);
  if (!result.changed && result.changes.length === 0) {
    note(context, `${wanted.name} is as ${wanted.origin} says (revision ${result.revision}).`);
    return;
  }
  await writeChanges(context, result.changes);
  const done = dryRun
    ? "Nothing was changed: this was a dry run."
    : `${wanted.name} is at revision ${result.revision}.`;
  note(context, `\n${done}`);
  if (dryRun) return;
  const { warnings } = await context.client().endpoints.get(wanted.name);
  for (const warning of warnings) note(context, `warning: ${warning}`);
}
