import { toManifestInput, type Manifest } from "@slipway/contract";
import { choosePlacement, type ProbeReport, type ProbeRequest, type Signature } from "@slipway/runtime";
import { posix } from "node:path";
import type { InspectDeps, InspectJob } from "./inspect-job.ts";
import { mergeSignature, type FileFacts } from "./merge-signature.ts";
import { toModelSection } from "./model-section.ts";
import type { PackagedModel } from "./packaged-model.ts";
import { probeModel } from "./probe-model.ts";
import { toRewritten } from "./rewritten-file.ts";

/** Time for the timed runs of a probe together. */
const runBudgetMs = 300;

/** @throws SlipwayError `invalid_model`, `invalid_manifest`, `invalid_file`, `cancelled` */
export async function inspectOnnx(deps: InspectDeps, job: InspectJob): Promise<PackagedModel> {
  const { folder, path, model, signal, onProgress } = job;
  const rewriteTo = posix.join(posix.dirname(path), `.slipway-${posix.basename(path)}`);
  const report = await probeModel(deps.children, {
    request: { folder, path, rewriteTo, ...toHints(model), budgetMs: runBudgetMs },
    limits: deps.limits,
    ...(signal && { signal }),
    ...(onProgress && { onProgress }),
  });
  const signature = mergeSignature(toFacts(report), model);
  const placement = choosePlacement(report);
  if (model?.examples !== undefined) onProgress?.("reading the examples");
  const examples = await deps.readExamples(job, signature);
  return {
    name: job.identity.name,
    modelSection: toModelSection(path, model, signature.packed !== null),
    flavor: "onnx",
    platform: report.description.platform,
    signature,
    program: { kind: "onnx" },
    report,
    placement,
    entry: report.path,
    made: report.path === path ? [] : [await toRewritten(folder, report.path)],
    examples,
    notes: [...report.notes, describePlacement(report, placement)],
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
