import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { PredictionLake, PredictionLog } from "../../predictions/index.ts";
import type { Registry, VerifiedVersion } from "../../registry/index.ts";
import type { AnalyseOptions } from "./analyse.ts";
import type { Compared, CompareJob } from "./compare-task.ts";
import { collectFile, type FileRows } from "./file-pairs.ts";
import { collectLogged, type CollectContext, type Collected, type LoggedRows } from "./logged-pairs.ts";
import { openPairFile } from "./pair-file.ts";
import { openPaired, type PairedDeps } from "./paired-versions.ts";

export interface EngineDeps extends PairedDeps {
  /** The data folder. */
  readonly folder: string;
  readonly registry: Registry;
  readonly predictions: PredictionLog;
  readonly predictionLake: PredictionLake;
}

export type RowSource =
  | ({ readonly kind: "logged"; /** Look for labels that have come. */ readonly labels: boolean } & LoggedRows)
  | ({ readonly kind: "file" } & FileRows);

export interface PairQuestion extends Omit<AnalyseOptions, "outputs"> {
  readonly a: VerifiedVersion;
  readonly b: VerifiedVersion;
  readonly source: RowSource;
}

export interface PairAnswer {
  readonly collected: Collected;
  readonly compared: Compared;
}

/** Has two versions answer the same rows beside the traffic, and tells what is between them. What it wrote is gone when it ends. */
export type ComparePair = (question: PairQuestion, context: CollectContext) => Promise<PairAnswer>;

const script = new URL(`./compare-task${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

export function createComparePair(deps: EngineDeps): ComparePair {
  return async ({ a, b, source, ...options }, context) => {
    const room = await mkdtemp(join(deps.folder, "tmp", "compare-"));
    try {
      context.onProgress("loading both versions", null);
      const pair = await openPaired(deps, a, b);
      const into = openPairFile(join(room, "pairs.jsonl"));
      const collected = await collect(deps, { source, pair, into }, context).finally(() =>
        into.end().finally(() => pair.close()),
      );
      context.onProgress("comparing", null);
      const labels = source.kind === "logged" && source.labels;
      const job: CompareJob = { ...options, outputs: pair.outputs, path: into.path, labels };
      const compared = await analyse(deps.predictionLake, { job, source }, context.signal);
      return { collected, compared };
    } finally {
      await rm(room, { recursive: true, force: true });
    }
  };
}

function collect(
  deps: EngineDeps,
  { source, ...into }: Pick<Parameters<typeof collectLogged>[1], "pair" | "into"> & { readonly source: RowSource },
  context: CollectContext,
): Promise<Collected> {
  if (source.kind === "file") return collectFile(deps.predictionLake, { source, ...into }, context);
  return collectLogged(deps, { source, ...into }, context);
}

async function analyse(
  lake: PredictionLake,
  { job, source }: { readonly job: CompareJob; readonly source: RowSource },
  signal: AbortSignal,
): Promise<Compared> {
  const task = { module: script, input: job };
  if (source.kind === "file" || !source.labels) return lake.read<Compared>(task, { signal });
  // Labels are matched to predictions that are in the lake.
  await lake.flush();
  const { endpoint, since, until } = source;
  return lake.readViews<Compared>({ endpoint, since, until }, task, { signal });
}
