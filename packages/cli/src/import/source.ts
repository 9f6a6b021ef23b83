/** What an old MLflow holds, whatever it is read from. Names are those of MLflow's REST answers. */
export interface MlflowSource {
  readonly kind: "server" | "sqlite" | "folder";
  /** Where it is, without secrets. */
  readonly label: string;
  /** Deleted ones too, in the order of their ids as far as they have one. */
  experiments(): Promise<readonly SourceExperiment[]>;
  /** Null where it cannot be known without reading them. */
  countRuns(experimentId: string): Promise<number | null>;
  /** Deleted ones too. */
  runPages(experimentId: string): AsyncGenerator<readonly SourceRun[], void, undefined>;
  /** The same with what a page does not tell. */
  completeRun(run: SourceRun): Promise<SourceRun>;
  /** Every point of one key, in pieces. */
  points(run: SourceRun, key: string): AsyncGenerator<readonly SourcePoint[], void, undefined>;
  loggedModelPages(experimentId: string): AsyncGenerator<readonly SourceLoggedModel[], void, undefined>;
  registeredModels(): Promise<readonly SourceModel[]>;
  versionPages(model: string): AsyncGenerator<readonly SourceVersion[], void, undefined>;
  /** Where the files below this address can be read from. */
  locate(uri: string, owner: ArtifactOwner): Promise<ArtifactPlace>;
  /** The address by which clients of Slipway reach files that stay where they are; null where there is none. */
  addressOf(uri: string): string | null;
  /** What it has and no import takes. */
  leftOut(): Promise<readonly LeftOut[]>;
  close(): void;
}

/** Whose artifacts an address is said to hold. */
export interface ArtifactOwner {
  readonly experimentId: string;
  /** Of a run or of a logged model. */
  readonly id: string;
}

export type ArtifactPlace =
  | { readonly kind: "readable"; readonly files: ArtifactFiles }
  /** In a store of its own, or on another machine. */
  | { readonly kind: "elsewhere"; readonly why: string };

export interface ArtifactFiles {
  /** False: equal sizes say little, and only reading a file tells whether it has changed. */
  readonly local: boolean;
  /** All files below, by their paths with slashes. */
  list(): AsyncGenerator<ArtifactFile, void, undefined>;
  open(path: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>>;
}

export interface ArtifactFile {
  readonly path: string;
  readonly size: number;
}

export interface LeftOut {
  readonly what: string;
  /** Null: nobody counted. */
  readonly count: number | null;
  readonly why: string;
}

export type Pairs = readonly (readonly [key: string, value: string])[];
export type Lifecycle = "active" | "deleted";

export interface SourceExperiment {
  readonly id: string;
  readonly name: string;
  readonly artifactLocation: string;
  readonly lifecycle: Lifecycle;
  readonly createdAt: number | null;
  readonly updatedAt: number | null;
  readonly tags: Pairs;
}

export interface SourceDatasetInput {
  readonly name: string;
  readonly digest: string;
  readonly sourceType: string;
  readonly source: string;
  readonly schema: string | null;
  readonly profile: string | null;
  readonly tags: Pairs;
}

/** One key of a run. `mark` changes when points come to it, as far as the source can tell. */
interface SourceSeries {
  readonly key: string;
  readonly mark: string;
}

export interface SourceRun {
  readonly id: string;
  readonly experimentId: string;
  readonly name: string;
  readonly userId: string;
  readonly status: string;
  readonly startTime: number | null;
  readonly endTime: number | null;
  readonly lifecycle: Lifecycle;
  readonly deletedAt: number | null;
  readonly artifactUri: string;
  readonly params: Pairs;
  readonly tags: Pairs;
  readonly series: readonly SourceSeries[];
  readonly datasets: readonly SourceDatasetInput[];
  readonly modelInputs: readonly string[];
  readonly modelOutputs: readonly { readonly modelId: string; readonly step: number }[];
}

export interface SourcePoint {
  readonly timestamp: number;
  readonly step: number;
  /** NaN and infinities too. */
  readonly value: number;
}

export interface SourceModelMetric extends SourcePoint {
  readonly key: string;
  readonly runId: string;
  readonly datasetName: string | null;
  readonly datasetDigest: string | null;
}

export interface SourceLoggedModel {
  readonly id: string;
  readonly experimentId: string;
  readonly name: string;
  readonly artifactUri: string;
  /** READY, PENDING, FAILED or UNSPECIFIED. */
  readonly status: LoggedModelStatus;
  readonly statusMessage: string | null;
  readonly modelType: string;
  readonly sourceRunId: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly lifecycle: Lifecycle;
  readonly params: Pairs;
  readonly tags: Pairs;
  readonly metrics: readonly SourceModelMetric[];
}

export type LoggedModelStatus = "READY" | "PENDING" | "FAILED" | "UNSPECIFIED";

export interface SourceModel {
  readonly name: string;
  readonly description: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly tags: Pairs;
  readonly aliases: readonly { readonly alias: string; readonly version: number }[];
}

export interface SourceVersion {
  readonly version: number;
  /** Its number is taken, and nothing else of it is kept. */
  readonly deleted: boolean;
  readonly description: string | null;
  readonly userId: string | null;
  readonly stage: string;
  readonly source: string;
  readonly storageLocation: string | null;
  readonly runId: string | null;
  readonly runLink: string | null;
  readonly status: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly tags: Pairs;
}
