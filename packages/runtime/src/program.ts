import type { OnnxAdapter } from "./onnx/adapter.ts";
import type { InputSpec, OutputSpec } from "./signature.ts";

/**
 * How the files of a version are run. JSON-safe: it is stored with the version and hashed into nothing, as it follows from
 * the files and the `model:` section.
 */
export type ModelProgram = OnnxProgram | PythonProgram | CommandProgram | RemoteProgram;

export interface OnnxProgram {
  readonly kind: "onnx";
  /** How the caller's tensors become those of a translated file. Left out: they are its own. */
  readonly adapter?: OnnxAdapter;
  /** What the file is a translation of. Left out: it was given as it is. */
  readonly original?: PythonProgram;
  readonly translation?: Translation;
}

/** What a program that Slipway starts finds in its environment beside what every process needs. */
export interface ModelEnvironment {
  readonly variables: Readonly<Record<string, string>>;
  /** Names; the values are the server's to give. */
  readonly secrets: readonly string[];
}

export interface PythonProgram extends ModelEnvironment {
  readonly kind: "python";
  /** Which loader of `python/slipway/flavors` opens it. */
  readonly flavor: string;
  /** The file or folder to open, below the version's folder; "." is that folder. */
  readonly path: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** SHA-256 in hex of the version's `lockFile`. */
  readonly lock: string;
  /** Why no translation serves in its place. */
  readonly translation?: Translation;
}

/** A program that serves the Open Inference Protocol over HTTP. */
export interface CommandProgram extends ModelEnvironment {
  readonly kind: "command";
  /** `{host}` and `{port}` stand for the address to listen on. Relative programs are files of the version. */
  readonly command: readonly string[];
  /** What the model is called there. */
  readonly model: string;
}

/** A server of the Open Inference Protocol that somebody else runs. */
export interface RemoteProgram {
  readonly kind: "remote";
  readonly url: string;
  readonly model: string;
  readonly version?: string;
  /** The name of one whose value goes into the header `authorization`. */
  readonly authorization?: string;
}

/** What became of the attempt to serve ONNX in place of Python. */
export interface Translation {
  readonly outcome: "proven" | "refused" | "off";
  /** A sentence. */
  readonly reason: string;
  /** Rows on which both were asked. */
  readonly rows?: number;
  readonly worst?: {
    readonly output: string;
    readonly expected: unknown;
    readonly got: unknown;
    readonly row: number;
  } | null;
  /** Median milliseconds of a row alone. */
  readonly originalMs?: number;
  readonly translatedMs?: number;
  /** What translated: name and version of each package. */
  readonly packages?: Readonly<Record<string, string>>;
}

/** The lock of the Python environment, among the files of a version. */
export const lockFile = ".slipway-lock.txt";

/** What a model process says of the model that it has open, where it was not told: text of its frame `ready`. */
export interface ModelReport {
  /** Null: the model does not say. */
  readonly inputs: readonly ReportedInput[] | null;
  /** The inputs are the columns of one matrix. */
  readonly matrix: { readonly tensor: string; readonly datatype: "FP32" | "FP64" } | null;
  /** Null: a run shows them. */
  readonly outputs: readonly ReportedOutput[] | null;
  readonly batched: boolean;
  readonly platform: string;
  /** Version of the interpreter; null elsewhere. */
  readonly python: string | null;
  /** Versions of the packages that it has imported, by their names in the index. */
  readonly packages: Readonly<Record<string, string>>;
  /** Resident memory of the process with the model open. */
  readonly rssBytes?: number;
  /** Rows that the model's author left with it, a list for each column. */
  readonly example: Readonly<Record<string, readonly unknown[]>> | null;
  /** Sentences for the person who deploys. */
  readonly notes: readonly string[];
}

/** As in a signature; what a value may be, only slipway.yaml says. */
export type ReportedInput = Omit<InputSpec, "range">;
export type ReportedOutput = OutputSpec;
