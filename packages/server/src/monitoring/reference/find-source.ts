import type { BlobStore } from "../../platform/blobs/index.ts";
import type { TableFile } from "../../platform/lake/raw-table.ts";
import type { PredictionLake } from "../../predictions/index.ts";
import type { ModelVersion, Sources, VersionFile } from "../../registry/index.ts";
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
  readonly lake: PredictionLake;
  readonly sources: Pick<Sources, "listDatasets">;
}

/** What `slipway.record` leaves beside a model. */
const recorded = ["training/sample.parquet", "training/sample.csv"];
/** The first predictions stand for a reference where there is nothing better: so many of them at most, and not before there are some. */
const mostPredictions = 10_000;
const fewestPredictions = 500;
/** It is made anew when there are so many times more. */
const growth = 4;

const formats: Readonly<Record<string, TableFile["format"]>> = {
  parquet: "parquet",
  csv: "csv",
  tsv: "csv",
  jsonl: "jsonl",
  ndjson: "jsonl",
};

/** The best rows that there are for a version behind an endpoint; null: none yet. */
export async function findSource(
  { blobs, lake, sources }: SourceDeps,
  { endpoint, version }: { readonly endpoint: string; readonly version: ModelVersion },
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
  return findPredictions(lake, { endpoint, version, notes });
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

async function findPredictions(
  lake: PredictionLake,
  given: { readonly endpoint: string; readonly version: ModelVersion; readonly notes: readonly string[] },
): Promise<FoundSource | null> {
  const { endpoint, version, notes } = given;
  const files = await lake.listFiles({ kind: "predictions", endpoint });
  const there = Math.min(
    mostPredictions,
    files.reduce((sum, file) => sum + file.rows, 0),
  );
  if (there < fewestPredictions) return null;
  const step = there === mostPredictions ? "all" : Math.floor(Math.log(there / fewestPredictions) / Math.log(growth));
  return {
    source: "predictions",
    provisional: true,
    origin: { kind: "predictions", model: version.model, version: version.version, rows: mostPredictions },
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
