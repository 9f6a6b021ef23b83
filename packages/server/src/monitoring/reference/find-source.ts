import type { BlobStore } from "../../platform/blobs/index.ts";
import type { TableFile } from "../../platform/lake/raw-table.ts";
import type { PredictionLake } from "../../predictions/index.ts";
import type { ModelVersion } from "../../registry/index.ts";
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
  { blobs, lake }: SourceDeps,
  { endpoint, version }: { readonly endpoint: string; readonly version: ModelVersion },
): Promise<FoundSource | null> {
  const named = namedIn(version.modelSection);
  const notes: string[] = [];
  for (const path of named === null ? recorded : [named]) {
    const file = version.files.find((each) => each.path === path);
    const format = formats[path.split(".").at(-1)?.toLowerCase() ?? ""];
    if (file === undefined) continue;
    if (format === undefined)
      notes.push(`${path} is neither CSV, Parquet nor JSON Lines, so it is no reference; convert it.`);
    else if ((await blobs.stat(file.sha256)) !== null)
      return {
        source: "training",
        provisional: false,
        origin: { kind: "file", file: { path: blobs.path(file.sha256), format } },
        blobs: [file.sha256],
        mark: file.sha256,
        notes,
      };
  }
  return findPredictions(lake, { endpoint, version, notes });
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
