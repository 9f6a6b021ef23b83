import { SlipwayError } from "@slipway/contract";
import {
  describeModel,
  lockFile,
  type DescribedModel,
  type ModelReport,
  type ProbeReport,
  type PythonProgram,
  type Signature,
  type TriedReplica,
} from "@slipway/runtime";
import { writeFile } from "node:fs/promises";
import { join, posix } from "node:path";
import type { Format } from "../formats/recognise-format.ts";
import type { InspectDeps, InspectJob, PythonDeps } from "../inspect-job.ts";
import { mergeOutputs } from "../merge-outputs.ts";
import { requireNoProblems } from "../merge-signature.ts";
import { describeDifferences, findPackageDifferences } from "../package-differences.ts";
import type { PackagedModel } from "../packaged-model.ts";
import { toRewritten } from "../rewritten-file.ts";
import { toOpenError } from "./open-error.ts";
import type { PythonModel } from "./python-model.ts";
import { toReportedInputs } from "../reported-inputs.ts";
import { requireFitting } from "./require-fitting.ts";
import { translateModel } from "./translate-model.ts";
import { tryModel } from "./try-model.ts";

/**
 * Says what a model of a Python framework is: makes the environment that it asks for, has a process of that environment open and try it,
 * and serves a translation in its place where one is proven.
 * @throws SlipwayError `invalid_model`, `invalid_manifest`, `invalid_file`, `precondition_failed`, `cancelled`
 */
export async function inspectPython(deps: InspectDeps, job: InspectJob, format: Format): Promise<PackagedModel> {
  const python = requirePython(deps);
  const { made: model, notes } = await makeEnvironment(python, job, format);
  job.onProgress?.("opening the model in its environment");
  const described = await openModel(deps, job, model);
  const { signature, report } = await lookAt(deps, job, described).finally(() => described.close());
  const examples = await deps.readExamples(job, signature);
  const translated = await translateModel(deps, job, { ...model, signature });
  const lock = await toRewritten(job.folder, lockFile);
  return {
    ...job.identity,
    flavor: format.flavor,
    platform: translated.report?.description.platform ?? report.description.platform,
    signature,
    program: translated.program,
    report: translated.report === null ? report : { ...translated.report, ...toVersions(report) },
    placement: translated.placement,
    entry: translated.entry ?? job.path,
    made: [lock, ...translated.made],
    examples,
    notes: [
      format.said,
      ...notes,
      ...noteDifferences(job, report),
      ...report.notes,
      ...translated.notes,
      describeRuns(report),
    ],
  };
}

function requirePython(deps: InspectDeps): PythonDeps {
  if (deps.python !== null) return deps.python;
  throw new SlipwayError("unimplemented", "Python models cannot be opened here: there is no place for environments.");
}

async function makeEnvironment(
  { environments, findRequirements }: PythonDeps,
  { folder, path, model, signal, onProgress }: InspectJob,
  { flavor }: Format,
): Promise<{ made: PythonModel; notes: readonly string[] }> {
  const how = { folder, signal, onProgress };
  const found = await findRequirements({ ...how, entry: path, flavor, environment: model?.environment ?? null });
  const { constraints, python } = found;
  // Slipway's own part of the process needs it, in any version.
  const requirements = [...found.requirements, "numpy"];
  const lock = await environments.resolve({ requirements, constraints, python, ...how });
  await writeFile(join(folder, lockFile), lock.text, { flag: "wx" });
  const environment = await environments.ensure(lock, how);
  const { variables = {}, secrets = [] } = model?.environment ?? {};
  const isFolder = ["mlflow", "tensorflow", "transformers"].includes(flavor);
  const program: PythonProgram = {
    kind: "python",
    flavor,
    path: isFolder ? posix.dirname(path) : path,
    options: model?.options ?? {},
    lock: lock.hash,
    variables,
    secrets,
  };
  return { made: { program, lock, environment }, notes: found.notes };
}

async function openModel(
  { python, limits }: InspectDeps,
  { folder, path, signal }: InspectJob,
  { program, environment }: PythonModel,
): Promise<OpenedModel> {
  const tooLong = AbortSignal.timeout(limits.timeMs);
  const options = {
    threads: 1,
    memoryBytes: limits.memoryBytes,
    what: path,
    signal: AbortSignal.any([tooLong, ...(signal ? [signal] : [])]),
  };
  const startedAt = performance.now();
  try {
    const start = python!.start(program, { python: environment.python, threads: 1 });
    const opened = await describeModel(start, { folder, path: program.path }, options);
    return { ...opened, openMs: performance.now() - startedAt };
  } catch (error) {
    if (signal?.aborted) throw new SlipwayError("cancelled", `Looking at ${path} was cancelled.`, { file: path });
    throw toOpenError(error, { file: path, timeMs: tooLong.aborted ? limits.timeMs : null });
  }
}

interface OpenedModel extends DescribedModel {
  readonly openMs: number;
}

async function lookAt(
  deps: InspectDeps,
  job: InspectJob,
  opened: OpenedModel,
): Promise<{ signature: Signature; report: ProbeReport }> {
  const { report } = opened;
  const inputs = toReportedInputs(report, job.model);
  job.onProgress?.("trying it out");
  const tried = await tryModel(deps, job, { opened, inputs });
  requireFitting(job.path, tried, report.notes);
  const problems: Parameters<typeof requireNoProblems>[0] = [];
  const outputs = mergeOutputs(toOutputFacts(report, tried, job.path), job.model, problems);
  requireNoProblems(problems);
  const signature = { ...inputs, outputs, batched: tried.batched };
  return { signature, report: toProbeReport(opened, signature, tried) };
}

/** As a run showed them, with the classes that the model itself names; else as the model says. */
function toOutputFacts({ outputs: said }: ModelReport, tried: TriedReplica, file: string) {
  const outputs = tried.outputs.length > 0 ? tried.outputs : said;
  if (outputs === null)
    throw new SlipwayError(
      "invalid_model",
      `${file} failed on every row that it was tried with (${tried.unmeasured}), so nobody knows what it gives. Add rows that it takes: model.examples or model.training.reference in slipway.yaml.`,
      { file },
    );
  const classes = Object.fromEntries(
    (said ?? []).flatMap((output) => (output.classes ? [[output.name, output.classes]] : [])),
  );
  return { outputs: outputs, classes };
}

function toProbeReport({ report, openMs }: OpenedModel, signature: Signature, tried: TriedReplica): ProbeReport {
  return {
    description: { signature, platform: report.platform },
    path: ".",
    createMs: openMs,
    runs: tried.runs,
    unbounded: [],
    unmeasured: tried.unmeasured,
    rssBytes: report.rssBytes ?? 0,
    classes: {},
    externalFiles: [],
    metadata: {},
    notes: [...report.notes, ...tried.notes],
    packages: report.packages,
    ...(report.python !== null && { python: report.python }),
  };
}

function noteDifferences({ identity: { modelSection } }: InspectJob, report: ProbeReport): string[] {
  const differences = findPackageDifferences({ modelSection, report });
  return differences.length === 0 ? [] : [`Not as at training: ${describeDifferences(differences)}.`];
}

/** Which packages the original has. */
function toVersions({ packages, python }: ProbeReport): Pick<ProbeReport, "packages" | "python"> {
  return { ...(packages && { packages }), ...(python !== undefined && { python }) };
}

function describeRuns({ createMs, runs, unmeasured }: ProbeReport): string {
  if (runs === null) return `It could not be tried out (${unmeasured ?? "no reason given"}).`;
  return `In Python, opening it with all imports takes ${(createMs / 1000).toFixed(1)} s, a row ${runs.p50Ms.toPrecision(2)} ms.`;
}
