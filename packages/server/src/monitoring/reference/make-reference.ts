import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { SlipwayError, canonicalJson } from "@slipway/contract";
import type { Signature } from "@slipway/runtime";
import { createId } from "../../kernel/ids.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { BlobStore } from "../../platform/blobs/index.ts";
import { toColumns, type PredictionLake } from "../../predictions/index.ts";
import type { ModelVersion } from "../../registry/index.ts";
import type { Endpoints } from "../../endpoints/index.ts";
import type { Serving } from "../../serving/index.ts";
import { outputsOf } from "../performance/outputs-of.ts";
import { toSignaturePlan } from "../profiles/signature-plan.ts";
import type { MonitorSettings } from "../settings.ts";
import type { Watched } from "../watched.ts";
import { createAskedVersion } from "./ask-version.ts";
import { fewestPredictions } from "./count-predictions.ts";
import type { FoundSource } from "./find-source.ts";
import type { ColumnHints, MadeReference, ReferenceJob, ReferenceQuestion } from "./reference-job.ts";
import type { NewReference } from "./store.ts";

export interface MakeDeps {
  /** The data folder. */
  readonly folder: string;
  readonly blobs: BlobStore;
  readonly lake: PredictionLake;
  readonly serving: Serving;
  readonly endpoints: Pick<Endpoints, "snapshot">;
  readonly clock: Clock;
}

export interface ToMake {
  readonly watched: Watched;
  readonly version: ModelVersion;
  readonly source: FoundSource;
  readonly settings: MonitorSettings;
}

/** Raised where the same rows and settings would give another reference. */
const making = 1;

/** Of the source and of the settings that a reference depends on. */
export function madeOf({ source, settings }: Pick<ToMake, "source" | "settings">): string {
  const { windowMs, season, reference, labels, cost } = settings;
  const told = { making, mark: source.mark, windowMs, season, reference, positive: labels.positive, cost };
  return createHash("sha256").update(canonicalJson(told)).digest("hex").slice(0, 16);
}

export interface MakeContext {
  readonly signal: AbortSignal;
  readonly onProgress: (message: string) => void;
}

const script = new URL(`./reference-task${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

/** Reads the rows, has the version answer them where they have no outputs, and learns what is usual; the sample is a blob then. */
export async function makeReference(deps: MakeDeps, given: ToMake, context: MakeContext): Promise<NewReference> {
  const { blobs, clock } = deps;
  const { watched, source } = given;
  const folder = await mkdtemp(join(deps.folder, "tmp", "reference-"));
  const hold = await blobs.hold(source.blobs);
  try {
    if (hold.missing.length > 0)
      throw new SlipwayError("blob_not_found", "The file of the reference is gone.", { sha256: hold.missing[0]! });
    const job = toJob(given, join(folder, "sample.parquet"));
    const { calibration, estimator, ...made } = await runTask(deps, { ...given, job }, context);
    // They were counted before; some may have been erased or dropped since.
    if (source.source === "predictions" && made.rows < fewestPredictions) throw noRows(watched);
    const { sha256 } = await blobs.receive(createReadStream(job.samplePath));
    return {
      ...made,
      id: createId(),
      watched,
      source: source.source,
      provisional: source.provisional,
      createdAt: clock.now(),
      madeOf: madeOf(given),
      sample: sha256,
      calibrationJson: JSON.stringify(calibration),
      estimatorJson: estimator === null ? null : JSON.stringify(estimator),
      notes: [...source.notes, ...made.notes],
    };
  } finally {
    hold.release();
    await rm(folder, { recursive: true, force: true });
  }
}

export function noRows(watched: Watched): SlipwayError {
  return new SlipwayError(
    "precondition_failed",
    `There are no rows yet that ${watched.model}@${watched.version} could be compared with: name a file as model.training.reference and deploy it, or wait for ${fewestPredictions} predictions.`,
    { ...watched },
  );
}

function toJob({ version, source, settings }: ToMake, samplePath: string): ReferenceJob {
  const { signature } = version;
  const { columns } = toSignaturePlan(signature);
  return {
    origin: source.origin,
    time: settings.reference.time,
    label: settings.reference.label,
    hints: toHints(version.modelSection),
    columns,
    callerNames: toCallerNames(signature),
    outputs: outputsOf(signature),
    canRun: version.state === "verified",
    windowMs: settings.windowMs,
    season: settings.season,
    positive: settings.labels.positive,
    cost: settings.cost,
    samplePath,
  };
}

function toHints(section: object | null): ColumnHints {
  const columns: unknown = section !== null && "columns" in section ? section.columns : null;
  const { time, label, ignore } = (columns ?? {}) as Readonly<Record<string, unknown>>;
  const text = (value: unknown) => (typeof value === "string" ? value : null);
  return { time: text(time), label: text(label), ignore: Array.isArray(ignore) ? ignore.map(String) : [] };
}

/** Of columns that stand for a whole input or output; a probability has the lake's name alone. */
function toCallerNames(signature: Signature): Record<string, string> {
  const { columns, tensors } = toColumns(signature);
  const named = tensors.filter(({ form }) => form !== "columns");
  return Object.fromEntries(named.map(({ at, tensor }) => [columns[at]?.name ?? tensor, tensor]));
}

async function runTask(
  deps: MakeDeps,
  { watched, version, source, job }: ToMake & { readonly job: ReferenceJob },
  { signal, onProgress }: MakeContext,
): Promise<MadeReference> {
  const asked = createAskedVersion(deps, version);
  const task = { module: script, input: job };
  const options = {
    signal,
    onProgress: (progress: unknown) => onProgress(String(progress)),
    onAsk: (question: unknown) => asked.ask(question as ReferenceQuestion, signal),
  };
  try {
    if (source.origin.kind === "file") return await deps.lake.read<MadeReference>(task, options);
    return await deps.lake.readViews<MadeReference>({ endpoint: watched.endpoint }, task, options);
  } finally {
    await asked.close();
  }
}
