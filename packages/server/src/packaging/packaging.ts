import { invalidManifest, SlipwayError, toManifestExamples, toManifestInput, type Manifest } from "@slipway/contract";
import { choosePlacement, examplesFile, type ProbeReport, type ProbeRequest, type Signature } from "@slipway/runtime";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join, posix } from "node:path";
import { pipeline } from "node:stream/promises";
import { systemClock, type Clock } from "../kernel/clock.ts";
import type { Lake } from "../platform/lake/index.ts";
import { createChildRunner } from "../platform/process/index.ts";
import { deriveName } from "./derive-name.ts";
import { prepareExamples } from "./examples/prepare-examples.ts";
import { mergeSignature, type FileFacts } from "./merge-signature.ts";
import { toModelSection } from "./model-section.ts";
import type { PackagedModel, PreparedExamplesFile, RewrittenFile } from "./packaged-model.ts";
import { probeModel } from "./probe-model.ts";

export interface PackagingOptions {
  /** How long a file may be looked at. 60 s. */
  readonly probeTimeoutMs?: number;
  /** Resident memory of the process that looks at it. 4 GiB. */
  readonly probeMemoryBytes?: number;
  readonly clock?: Clock;
  /** Reads examples in CSV and Parquet; without it only JSON is taken. */
  readonly lake?: Lake;
}

export interface InspectRequest {
  /** A folder of its own that holds the files as they were packaged; a rewritten model is put into it. */
  readonly folder: string;
  /** The model file, below the folder, with forward slashes. */
  readonly path: string;
  readonly manifest: Manifest | null;
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

/** Time for the timed runs of a probe together. */
const runBudgetMs = 300;

export function createPackaging(options: PackagingOptions = {}): Packaging {
  const { probeTimeoutMs = 60_000, probeMemoryBytes = 4 * 2 ** 30, clock = systemClock } = options;
  const children = createChildRunner({ clock });
  const limits = {
    timeMs: probeTimeoutMs,
    memoryBytes: probeMemoryBytes,
    heapBytes: Math.min(probeMemoryBytes, 2 ** 30),
  };

  async function readExamples(request: {
    readonly folder: string;
    readonly model: Manifest["model"] | null;
    readonly signature: Signature;
    readonly signal?: AbortSignal;
  }): Promise<PreparedExamplesFile | null> {
    const { model, ...rest } = request;
    if (model?.examples === undefined) return null;
    const deps = { children, lake: options.lake ?? null };
    const prepared = await prepareExamples(deps, { ...rest, said: model.examples });
    return { ...(await toRewritten(request.folder, examplesFile)), ...prepared };
  }

  return {
    async inspect({ folder, path, manifest, signal, onProgress }) {
      const model = manifest?.model ?? null;
      await requireNamedFiles(folder, model);
      const rewriteTo = posix.join(posix.dirname(path), `.slipway-${posix.basename(path)}`);
      const report = await probeModel(children, {
        request: { folder, path, rewriteTo, ...toHints(model), budgetMs: runBudgetMs },
        limits,
        ...(signal === undefined ? {} : { signal }),
        ...(onProgress === undefined ? {} : { onProgress }),
      });
      const signature = mergeSignature(toFacts(report), model);
      const placement = choosePlacement(report);
      if (model?.examples !== undefined) onProgress?.("reading the examples");
      const examples = await readExamples({ folder, model, signature, ...(signal && { signal }) });
      return {
        name: manifest?.name ?? deriveName(path),
        flavor: "onnx",
        platform: report.description.platform,
        signature,
        modelSection: toModelSection(path, model, signature.packed !== null),
        report,
        placement,
        rewritten: report.path === path ? null : await toRewritten(folder, report.path),
        examples,
        notes: [...report.notes, describePlacement(report, placement)],
      };
    },
  };
}

/**
 * The signature of a model that was looked at, with another manifest.
 * @throws SlipwayError `invalid_manifest` where file and manifest do not fit
 */
export function readSignature({ report }: Pick<PackagedModel, "report">, manifest: Manifest | null): Signature {
  return mergeSignature(toFacts(report), manifest?.model ?? null);
}

function toFacts(report: ProbeReport): FileFacts {
  return { signature: report.description.signature, classes: report.classes, columns: readColumns(report) };
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

/** What to try the model with. Whether the manifest names inputs or columns of the only one is not known yet. */
function toHints(model: Manifest["model"] | null): Pick<ProbeRequest, "ranges" | "columnRanges"> {
  const inputs = Object.entries(model?.inputs ?? {}).map(
    ([name, value]) => [name, toManifestInput(value).range] as const,
  );
  const ranges = inputs.flatMap(([name, range]) => (range === undefined ? [] : [[name, range] as const]));
  return { ranges: Object.fromEntries(ranges), columnRanges: inputs.map(([, range]) => range ?? null) };
}

/** Column names that the file itself carries: a JSON list in its metadata. */
function readColumns(report: ProbeReport): readonly string[] | null {
  for (const key of ["slipway.columns", "feature_names"]) {
    try {
      const columns: unknown = JSON.parse(report.metadata[key] ?? "null");
      const width = report.description.signature.inputs[0]?.shape[1];
      if (
        Array.isArray(columns) &&
        columns.every((column) => typeof column === "string" && column !== "") &&
        new Set(columns).size === columns.length &&
        (width === columns.length || width === -1)
      )
        return columns;
    } catch {
      // Another program's metadata; it need not be JSON.
    }
  }
  return null;
}

function describePlacement(
  { createMs, runs, unbounded, unmeasured }: ProbeReport,
  placement: PackagedModel["placement"],
): string {
  const where = placement === "thread" ? "in the server's own thread" : "in worker threads";
  if (runs === null) return `It will run ${where}: it could not be measured (${unmeasured ?? "no reason given"}).`;
  if (unbounded.length > 0)
    return `It will run ${where}: it has ${unbounded.join(" and ")}, whose time depends on the input, so no measurement bounds it.`;
  return `It will run ${where}: opening takes ${format(createMs)} ms, a row ${format(runs.p50Ms)} ms (p95 ${format(runs.p95Ms)} ms).`;
}

function format(ms: number): string {
  return ms >= 10 ? ms.toFixed(0) : ms.toPrecision(2);
}

async function toRewritten(folder: string, relativePath: string): Promise<RewrittenFile> {
  const path = join(folder, relativePath);
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return { path, relativePath, sha256: hash.digest("hex"), size: (await stat(path)).size };
}
