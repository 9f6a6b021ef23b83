import { invalidManifest, SlipwayError, toManifestExamples, type Manifest } from "@slipway/contract";
import { examplesFile, type Signature } from "@slipway/runtime";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { systemClock, type Clock } from "../kernel/clock.ts";
import type { Lake } from "../platform/lake/index.ts";
import { createChildRunner } from "../platform/process/index.ts";
import { deriveName } from "./derive-name.ts";
import { prepareExamples } from "./examples/prepare-examples.ts";
import { recogniseFormat } from "./formats/recognise-format.ts";
import type { InspectDeps, InspectJob, OipDeps, PythonDeps } from "./inspect-job.ts";
import { inspectOnnx } from "./inspect-onnx.ts";
import { toModelSection } from "./model-section.ts";
import { inspectOip } from "./oip/inspect-oip.ts";
import type { PackagedModel, PreparedExamplesFile } from "./packaged-model.ts";
import { inspectPython } from "./python/inspect-python.ts";
import { toRewritten } from "./rewritten-file.ts";

export interface PackagingOptions {
  /** How long a file may be looked at. 60 s. */
  readonly probeTimeoutMs?: number;
  /** Resident memory of the process that looks at it. 4 GiB. */
  readonly probeMemoryBytes?: number;
  readonly clock?: Clock;
  /** Reads examples in CSV and Parquet; without it only JSON is taken. */
  readonly lake?: Lake;
  /** Without it no Python model can be looked at. */
  readonly python?: PythonDeps;
  /** Without it none that other programs serve. */
  readonly oip?: OipDeps;
}

export interface InspectRequest {
  /** A folder of its own that holds the files as they were packaged; a rewritten model is put into it. */
  readonly folder: string;
  /** The model file, below the folder, with forward slashes. */
  readonly path: string;
  readonly manifest: Manifest | null;
  /** What is said beside the manifest, and goes before it. */
  readonly said?: Pick<NonNullable<Manifest["model"]>, "flavor" | "runtime">;
  readonly signal?: AbortSignal;
  /** Told what happens now, as a sentence. */
  readonly onProgress?: (message: string) => void;
}

export interface Packaging {
  /**
   * Says what a file is, without ever opening it in this process.
   * Examples that the manifest names are read and put beside the model, not run.
   * @throws SlipwayError `invalid_model`, `invalid_manifest` where file and manifest do not fit, `invalid_file` for
   * examples that do not, `cancelled`
   */
  inspect(request: InspectRequest): Promise<PackagedModel>;
}

export function createPackaging(options: PackagingOptions = {}): Packaging {
  const { probeTimeoutMs = 60_000, probeMemoryBytes = 4 * 2 ** 30, clock = systemClock, lake = null } = options;
  const children = createChildRunner({ clock });
  const limits = {
    timeMs: probeTimeoutMs,
    memoryBytes: probeMemoryBytes,
    heapBytes: Math.min(probeMemoryBytes, 2 ** 30),
  };
  const deps: InspectDeps = {
    children,
    lake,
    limits,
    python: options.python ?? null,
    oip: options.oip ?? null,
    readExamples,
  };

  async function readExamples(job: InspectJob, signature: Signature): Promise<PreparedExamplesFile | null> {
    const said = job.model?.examples;
    if (said === undefined) return null;
    const { folder, signal } = job;
    const prepared = await prepareExamples(deps, { folder, said, signature, ...(signal && { signal }) });
    return { ...(await toRewritten(folder, examplesFile)), ...prepared };
  }

  return {
    async inspect({ folder, path, manifest, said = {}, signal, onProgress }) {
      const given = manifest?.model ?? null;
      const model = given === null && Object.keys(said).length === 0 ? null : { ...given, path, ...said };
      await requireNamedFiles(folder, model);
      const format = await recogniseFormat({ folder, path, model });
      const job: InspectJob = {
        folder,
        path,
        model,
        sample: await findSample(folder, model),
        identity: { name: manifest?.name ?? deriveName(path), modelSection: toModelSection(path, model, true) },
        ...(signal && { signal }),
        ...(onProgress && { onProgress }),
      };
      if (format.flavor === "onnx") return inspectOnnx(deps, job);
      if (format.flavor !== "command" && format.flavor !== "remote") return inspectPython(deps, job, format);
      return inspectOip(deps, job, format);
    },
  };
}

const sampleFiles = ["training/sample.parquet", "training/sample.csv"];

/** What the manifest calls the training data, or what `slipway.record` leaves there. */
async function findSample(folder: string, model: Manifest["model"] | null): Promise<string | null> {
  if (model?.training?.reference !== undefined) return model.training.reference;
  for (const file of sampleFiles)
    if ((await stat(join(folder, file)).catch(() => null))?.isFile() === true) return file;
  return null;
}

/** @throws SlipwayError `invalid_manifest` with `missing_files` */
async function requireNamedFiles(folder: string, model: Manifest["model"] | null): Promise<void> {
  const named = [
    ["model.examples", model?.examples === undefined ? undefined : toManifestExamples(model.examples).path],
    ["model.training.reference", model?.training?.reference],
  ] as const;
  const problems = [];
  const missing = [];
  for (const [path, file] of named) {
    if (file === undefined || (await stat(join(folder, file)).catch(() => null))?.isFile() === true) continue;
    problems.push({ path, message: `there is no file ${file} beside slipway.yaml, or it was not uploaded` });
    missing.push(file);
  }
  if (problems.length === 0) return;
  const error = invalidManifest(problems);
  throw new SlipwayError(error.code, error.message, { ...error.details, missing_files: missing });
}
