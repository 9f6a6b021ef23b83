import { invalidManifest, remoteModel, SlipwayError } from "@slipway/contract";
import {
  tryReplica,
  type CommandProgram,
  type ModelReport,
  type ProbeReport,
  type RemoteProgram,
  type Signature,
} from "@slipway/runtime";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Format } from "../formats/recognise-format.ts";
import type { InspectDeps, InspectJob, OipDeps } from "../inspect-job.ts";
import { mergeOutputs } from "../merge-outputs.ts";
import { requireNoProblems } from "../merge-signature.ts";
import type { PackagedModel } from "../packaged-model.ts";
import { toReportedInputs } from "../reported-inputs.ts";
import { makeUpRows } from "../made-up-rows.ts";

/**
 * Says what a model is that another program serves: one that Slipway starts, or one at a URL.
 * @throws SlipwayError `invalid_model`, `invalid_manifest`, `invalid_file`, `not_ready`
 */
export async function inspectOip(deps: InspectDeps, job: InspectJob, format: Format): Promise<PackagedModel> {
  if (deps.oip === null)
    throw new SlipwayError("unimplemented", "Models that other programs serve cannot be opened here.");
  const program = format.flavor === "remote" ? await readRemote(job) : toCommand(job);
  const { folder, path, signal } = job;
  const late = AbortSignal.timeout(deps.limits.timeMs);
  const how = { folder, what: path, signal: AbortSignal.any([late, ...(signal ? [signal] : [])]) };
  job.onProgress?.(program.kind === "remote" ? "asking the server what the model is" : "starting the program");
  const said = await deps.oip.describe(program, how);
  const { signature, report } = await lookAt(deps.oip, job, { program, said });
  return {
    ...job.identity,
    flavor: format.flavor,
    platform: said.platform,
    signature,
    program,
    report,
    placement: "process",
    entry: path,
    made: [],
    examples: await deps.readExamples(job, signature),
    notes: [format.said, ...report.notes],
  };
}

function toCommand({ model, identity }: InspectJob): CommandProgram {
  if (model?.command === undefined)
    throw invalidManifest([
      {
        path: "model.command",
        message: 'is missing: name the program that serves the model, ["./serve", "--port", "{port}"]',
      },
    ]);
  const { variables = {}, secrets = [] } = model.environment ?? {};
  const { model: name } = model.options ?? {};
  const { command } = model;
  return { kind: "command", command, model: typeof name === "string" ? name : identity.name, variables, secrets };
}

async function readRemote({ folder, path }: InspectJob): Promise<RemoteProgram> {
  const fail = (why: string) =>
    new SlipwayError(
      "invalid_file",
      `${path} does not say where the model is: ${why}. Write {"url": "http://host:8000", "model": "name"}.`,
      { file: path },
    );
  let data: unknown;
  try {
    data = JSON.parse(await readFile(join(folder, path), "utf8"));
  } catch (error) {
    throw fail((error as Error).message.replace(/\.$/, ""));
  }
  const parsed = remoteModel.safeParse(data);
  if (!parsed.success)
    throw fail(parsed.error.issues.map((issue) => `${issue.path.join(".")} ${issue.message}`).join("; "));
  const { url, model, version, authorization } = parsed.data;
  return { kind: "remote", url, model, ...(version && { version }), ...(authorization && { authorization }) };
}

async function lookAt(
  oip: OipDeps,
  job: InspectJob,
  { program, said }: { readonly program: CommandProgram | RemoteProgram; readonly said: ModelReport },
): Promise<{ signature: Signature; report: ProbeReport }> {
  const inputs = toReportedInputs(said, job.model);
  const problems: Parameters<typeof requireNoProblems>[0] = [];
  const outputs = mergeOutputs({ outputs: said.outputs ?? [], classes: {} }, job.model, problems);
  requireNoProblems(problems);
  const signature = { ...inputs, outputs };
  const openedAt = performance.now();
  const replica = await oip
    .find(program)
    .open({ folder: job.folder, path: job.path }, signature, { threads: 1, what: job.path });
  const createMs = performance.now() - openedAt;
  try {
    const tried = await tryReplica(replica, { rows: makeUpRows(signature), batched: said.batched, budgetMs: 300 });
    const batched = tried.runs === null ? said.batched : tried.batched;
    const { runs, unmeasured } = tried;
    const notes = [...said.notes, ...tried.notes];
    const report: ProbeReport = {
      description: { signature: { ...signature, batched }, platform: said.platform },
      path: job.path,
      createMs,
      runs,
      unmeasured,
      unbounded: [],
      rssBytes: 0,
      classes: {},
      externalFiles: [],
      metadata: {},
      notes,
    };
    return { signature: { ...signature, batched }, report };
  } finally {
    await replica.close();
  }
}
