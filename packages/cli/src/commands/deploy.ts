import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import type { DeployFilesRequest, DeployRequest, DeployResult, Operation } from "@slipway/contract";
import { SlipwayError } from "@slipway/contract/errors";
import { defaultUrl, isFinished, toOperationError, type Client } from "@slipway/sdk";
import { requireName } from "../addresses.ts";
import { flavors } from "@slipway/contract/flavors";
import { argument, choiceOption, textOption, type Context, type Input, type Run } from "../context.ts";
import { sampleRecord, toCurl, toPredict } from "../deploy/example.ts";
import { parseDigest } from "../deploy/digest.ts";
import { hashFile } from "../deploy/hash.ts";
import { withMissing } from "../deploy/missing.ts";
import { isSource, type DeployPlan, type PlannedFile, type SourcePlan } from "../deploy/deploy-plan.ts";
import { planDeploy } from "../deploy/plan.ts";
import { InterruptedError } from "../exit-codes.ts";
import { note, warn, writeJson, writeOne } from "../output.ts";
import { createProgress, type Progress } from "../progress.ts";
import { bytesText, printable } from "../text.ts";
import { parityText } from "./verify.ts";

/** One run of the command: what it works with until it ends. */
interface Job {
  readonly context: Context;
  readonly client: Client;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly options: Omit<DeployFilesRequest, "files" | "entry" | "name" | "manifest">;
  readonly detach: boolean;
  /** Set once the operation runs; Ctrl-C then cancels it. */
  operation: string | undefined;
  cancelling: boolean;
}

export const deploy: Run = async (context, input) => {
  const given = textOption(input, "name");
  const name = given === undefined ? undefined : requireName(given);
  const what = argument(input, 0);
  const plan: DeployPlan | SourcePlan = isSource(what) ? { source: what, name } : await planDeploy(what, name);
  if (plan.hint !== undefined) note(context, `hint: ${plan.hint}.`);
  const options = { ...toOptions(input), detach: input.options.detach === true };
  await runDeploy(context, { plan, ...options }, async (job, operation) => {
    if (options.detach && !isFinished(operation)) printDetached(job, operation);
    else await printResult(job, operation.result as DeployResult);
  });
};

type DeployOptions = Job["options"] & { readonly detach: boolean };

/** Uploads and deploys with progress; the first Ctrl-C cancels. `report` is told how it ended, unless it failed. */
export async function runDeploy(
  context: Context,
  { plan, detach, ...options }: DeployOptions & { readonly plan: DeployPlan | SourcePlan },
  report: (job: Job, operation: Operation) => Promise<void>,
): Promise<void> {
  if (plan.name !== undefined) requireName(plan.name);
  const stop = new AbortController();
  const job: Job = {
    context,
    client: context.client(),
    progress: createProgress(context.stderr, context.settings.quiet),
    signal: stop.signal,
    options,
    detach,
    operation: undefined,
    cancelling: false,
  };
  const restore = context.onInterrupt(() => interrupt(job, stop));
  try {
    await report(job, await deployOnce(job, plan));
  } finally {
    job.progress.clear();
    restore();
  }
}

export function toOptions(input: Input): Job["options"] {
  const endpoint = textOption(input, "endpoint");
  const message = textOption(input, "message");
  const expect = textOption(input, "expect");
  const flavor = choiceOption(input, "flavor", flavors);
  const runtime = choiceOption(input, "runtime", ["auto", "python", "onnx"]);
  return {
    traffic: input.options.traffic !== false,
    ...(endpoint === undefined ? {} : { endpoint: requireName(endpoint) }),
    ...(message === undefined ? {} : { message }),
    ...(flavor === undefined ? {} : { flavor }),
    ...(runtime === undefined ? {} : { runtime }),
    ...(expect === undefined ? {} : { expect: parseDigest(expect) }),
    ...(input.options.allowBreaking === true ? { allow_breaking: true } : {}),
  };
}

/** The first Ctrl-C cancels what runs at the server, a second one leaves at once. */
function interrupt(job: Job, stop: AbortController): void {
  const { operation } = job;
  if (operation === undefined) {
    const text = job.cancelling ? "Left; the server goes on cancelling." : "Interrupted; nothing was deployed.";
    return stop.abort(new InterruptedError(text));
  }
  job.cancelling = true;
  job.operation = undefined;
  job.progress.clear();
  note(job.context, "Cancelling the deployment; Ctrl-C again leaves at once.");
  job.client.operations.cancel(operation).catch(() => undefined);
}

/** Uploads and deploys; once more with the files that the server found missing. */
function deployOnce(job: Job, plan: DeployPlan | SourcePlan): Promise<Operation> {
  if ("source" in plan)
    return create(job, { source: plan.source, ...(plan.name !== undefined && { name: plan.name }) });
  return withMissing(plan, async (whole) => create(job, await upload(job, whole)));
}

async function create(job: Job, request: DeployRequest): Promise<Operation> {
  const operation = await job.client.deployments.create({ ...request, ...job.options }, { signal: job.signal });
  return job.detach ? operation : follow(job, operation);
}

async function upload(job: Job, plan: DeployPlan): Promise<DeployFilesRequest> {
  const files: { path: string; sha256: string }[] = [];
  for (const file of plan.files) files.push({ path: file.path, sha256: await send(job, file) });
  const gateFiles: { path: string; sha256: string }[] = [];
  for (const file of plan.gateFiles ?? []) gateFiles.push({ path: file.path, sha256: await send(job, file) });
  const { name, entry, manifest } = plan;
  return {
    name,
    entry,
    files,
    ...(manifest === undefined ? {} : { manifest }),
    ...(gateFiles.length === 0 ? {} : { gate_files: gateFiles }),
  };
}

/** Makes sure that the server has a file. @returns its SHA-256 */
async function send(job: Job, file: PlannedFile): Promise<string> {
  const { progress, signal, client } = job;
  const show = (what: string) => (bytes: number) => {
    signal.throwIfAborted();
    const detail = `${bytesText(bytes)} of ${bytesText(file.size)}`;
    progress.show(`${what} ${printable(file.path)}`, file.size === 0 ? 1 : bytes / file.size, detail);
  };
  const sha256 = await hashFile(file.absolute, show("Reading"));
  await client.blobs.ensure(
    sha256,
    (offset) => Readable.toWeb(createReadStream(file.absolute, { start: offset })) as ReadableStream<Uint8Array>,
    { size: file.size, signal, onProgress: show("Sending") },
  );
  return sha256;
}

async function follow(job: Job, started: Operation): Promise<Operation> {
  const { client, context, progress } = job;
  job.operation = started.id;
  const { timeoutMs } = context.settings;
  const limit = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs);
  const signals = [job.signal, limit].filter((signal) => signal !== undefined);
  let last = started;
  try {
    for await (const operation of client.operations.watch(started.id, { signal: AbortSignal.any(signals) })) {
      last = operation;
      progress.show(printable(operation.message || operation.stage || operation.state), operation.fraction);
    }
  } catch (error) {
    if (limit?.aborted !== true || job.signal.aborted) throw error;
    throw new SlipwayError(
      "deadline_exceeded",
      `The deployment still runs after ${timeoutMs} ms. It goes on: \`slipway operations ${started.id}\` tells how far it is.`,
      { operation: started.id },
    );
  }
  job.operation = undefined;
  const error = toOperationError(last);
  if (job.cancelling && last.state === "cancelled")
    throw new InterruptedError("The deployment was cancelled; nothing was deployed.");
  if (error !== null) throw error;
  return last;
}

function printDetached({ context, client }: Job, operation: Operation): void {
  writeOne(context, operation, [
    ["operation", operation.id],
    ["state", operation.state],
    ["follow", `slipway operations ${operation.id}`],
    ["server", client.url],
  ]);
}

async function printResult(job: Job, result: DeployResult): Promise<void> {
  const { context, client, progress } = job;
  const { settings } = context;
  const endpoint = result.endpoint;
  const url = endpoint === null ? null : `${client.url}/api/v1/endpoints/${encodeURIComponent(endpoint)}/predict`;
  const version = await client.versions.get(result.model, result.version).catch(() => null);
  progress.clear();
  for (const text of result.notes) if (settings.format !== "table") warn(context, printable(text));
  if (settings.format === "json") return writeJson(context, { ...result, url });
  const address = `${result.model}@${result.version}`;
  const rollout = result.rollout ?? null;
  const known = result.created || result.notes.length === 0 ? "" : ", which was there already";
  // The server tells the same in a note of its own.
  const notes = result.notes.filter((text) => result.created || !text.includes("nothing new was made"));
  writeOne(context, { ...result, url }, [
    ["version", `${address}${known}`],
    ["made", known === "" ? null : "nothing new: the same files and the same model section"],
    ["state", `${stateText(result)}, placement ${result.placement}`],
    ["rollout", rollout],
    // A server of before sends none.
    ["examples", (result.parity ?? null) === null ? null : parityText(result.parity!)],
    ["digest", result.digest],
    ["endpoint", url],
    ["note", notes.join("\n")],
  ]);
  if (endpoint === null || url === null || version === null || settings.format !== "table") return;
  if (rollout !== null) return note(context, `\nFollow it:\n  slipway rollout status ${endpoint} --watch`);
  const record = sampleRecord(version.signature);
  const elsewhere = client.url === (context.env.SLIPWAY_URL || defaultUrl) ? undefined : client.url;
  note(context, `\nTry it:\n  ${toPredict(endpoint, record, elsewhere)}`);
  note(context, `  ${toCurl(url, record, settings.token !== undefined)}`);
}

/** What became of the version. A server of before knows no rollouts. */
function stateText({
  endpoint,
  revision,
  rollout,
}: Pick<DeployResult, "endpoint" | "revision"> & { readonly rollout?: string | null }): string {
  if (endpoint === null) return "registered, without traffic";
  if ((rollout ?? null) !== null) return `takes the traffic of ${endpoint} step by step`;
  return `serves ${endpoint}${revision === null ? "" : ` (revision ${revision})`}`;
}
