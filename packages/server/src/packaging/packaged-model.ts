import type { ModelProgram, Placement, ProbeReport, Signature } from "@slipway/runtime";
import type { ModelSection } from "./model-section.ts";

/** What a deploy knows of a file after it was looked at: everything that a version is, except its number. */
export interface PackagedModel {
  /** The manifest's name, or one made from the file's. */
  readonly name: string;
  /** `onnx`, `sklearn`, `mlflow`, ... */
  readonly flavor: string;
  readonly platform: string;
  /** The file's, with what the manifest says of columns, ranges, missing values and classes. */
  readonly signature: Signature;
  /** The part of the manifest that is hashed into the version. */
  readonly modelSection: ModelSection;
  readonly program: ModelProgram;
  readonly report: ProbeReport;
  readonly placement: Placement;
  /** The file to open, below the folder: the one that was given, or one of `made`. */
  readonly entry: string;
  /** What packaging made of the files beside the examples: a model without its ZipMap, a lock, a translation. */
  readonly made: readonly RewrittenFile[];
  /** `model.examples`, read and ready to be run; null where there are none. */
  readonly examples: PreparedExamplesFile | null;
  /** What was seen, for the person who deploys; sentences. */
  readonly notes: readonly string[];
}

/** A file that packaging made, which goes beside those that were given. */
export interface RewrittenFile {
  /** Absolute. */
  readonly path: string;
  /** Below the inspected folder. A model with external data must stay in the folder that it is in. */
  readonly relativePath: string;
  readonly sha256: string;
  readonly size: number;
}

export interface PreparedExamplesFile extends RewrittenFile {
  readonly rows: number;
  /** Names of the outputs that are compared. */
  readonly outputs: readonly string[];
}
