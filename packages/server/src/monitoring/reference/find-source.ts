import type { BlobStore } from "../../platform/blobs/index.ts";
import type { TableFile } from "../../platform/lake/raw-table.ts";
import type { ModelVersion, Sources, VersionFile } from "../../registry/index.ts";
import { rowsOf, stepOf, type CountPredictions } from "./count-predictions.ts";
import type { ReferenceOrigin } from "./reference-job.ts";
import type { ReferenceSource } from "./reference.ts";

export interface FoundSource {
  readonly source: ReferenceSource;
  readonly provisional: boolean;
  readonly origin: ReferenceOrigin;
  /** Blobs that have to stay while it is read. */
  readonly blobs: readonly string[];
  /** Changes where the rows do. */
  readonly mark: string;
  readonly notes: readonly string[];
}

export interface SourceDeps {
  readonly blobs: BlobStore;
  readonly countPredictions: CountPredictions;
  readonly sources: Pick<Sources, "listDatasets">;
}

/** What `slipway.record` leaves beside a model. */
const recorded = ["training/sample.parquet", "training/sample.csv"];

const formats: Readonly<Record<string, TableFile["format"]>> = {
  parquet: "parquet",
  csv: "csv",
  tsv: "csv",
  jsonl: "jsonl",
  ndjson: "jsonl",
};

export interface SourceOf {
  readonly endpoint: string;
  readonly version: ModelVersion;
  /** Predictions that its reference is made of now; 0: of none. */
  readonly had: number;
}

/** The best rows that there are for a version behind an endpoint; null: none yet. */
export async function findSource(
  { blobs, countPredictions, sources }: SourceDeps,
  { endpoint, version, had }: SourceOf,
): Promise<FoundSource | null> {
  const named = namedIn(version.modelSection);
  const paths = named === null ? recorded : [named];
  const trained = paths.flatMap((path) => version.files.filter((file) => file.path === path));
  const notes: string[] = [];
  const ofTraining = await findFile({ blobs, files: trained, notes });
  if (ofTraining !== null) return { ...ofTraining, source: "training" };
  const datasets = await sources.listDatasets(version.origin);
  const ofRun = await findFile({ blobs, files: datasets, notes });
  if (ofRun !== null) return { ...ofRun, source: "mlflow" };
  // What the lake has let go of since is no reason for a worse one.
  const there = Math.max(had, await countPredictions({ endpoint, model: version.model, version: version.version }));
  return ofPredictions(version, there, notes);
}

interface Files {
  readonly blobs: BlobStore;
  readonly files: readonly VersionFile[];
  readonly notes: string[];
}

/** The first that is a table and here; `notes` gets what is said of the others. */
async function findFile({ blobs, files, notes }: Files): Promise<Omit<FoundSource, "source"> | null> {
  for (const { path, sha256 } of files) {
    const format = formats[path.split(".").at(-1)?.toLowerCase() ?? ""];
    if (format === undefined)
      notes.push(`${path} is neither CSV, Parquet nor JSON Lines, so it is no reference; convert it.`);
    else if ((await blobs.stat(sha256)) !== null) {
      const file = { path: blobs.path(sha256), format };
      return { provisional: false, origin: { kind: "file", file }, blobs: [sha256], mark: sha256, notes };
    }
  }
  return null;
}

/** The other versions of the endpoint are no part of it, however many rows they have. */
function ofPredictions(version: ModelVersion, there: number, notes: readonly string[]): FoundSource | null {
  const step = stepOf(there);
  if (step === null) return null;
  return {
    source: "predictions",
    provisional: true,
    origin: { kind: "predictions", model: version.model, version: version.version, rows: rowsOf(step) },
    blobs: [],
    mark: `predictions/${step}`,
    notes,
  };
}

function namedIn(section: object | null): string | null {
  const training: unknown = section !== null && "training" in section ? section.training : null;
  const named: unknown =
    typeof training === "object" && training !== null && "reference" in training ? training.reference : null;
  return typeof named === "string" ? named : null;
}
