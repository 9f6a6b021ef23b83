import type { Manifest } from "@slipway/contract";
import type {
  CommandProgram,
  ModelReport,
  ProcessRuntimeOptions,
  PythonProgram,
  RemoteProgram,
  Runtime,
  Signature,
} from "@slipway/runtime";
import type { Environments } from "../environments/index.ts";
import type { Lake } from "../platform/lake/index.ts";
import type { ChildLimits, ChildRunner } from "../platform/process/index.ts";
import type { FindRequirements } from "./requirements/index.ts";
import type { ModelSection } from "./model-section.ts";
import type { PreparedExamplesFile } from "./packaged-model.ts";

/** What it takes to look at a Python model. */
export interface PythonDeps {
  readonly environments: Environments;
  readonly findRequirements: FindRequirements;
  /** How a program is started with an interpreter: the command, and all that it finds in its environment. */
  readonly start: (
    program: PythonProgram,
    how: { readonly python: string; readonly threads: number },
  ) => ProcessRuntimeOptions;
  /** The folder of Slipway's own Python files. */
  readonly folder: string;
}

/** What speaks to programs that serve the Open Inference Protocol themselves. */
export interface OipDeps {
  /** What the program says of its model. @throws SlipwayError `invalid_model` */
  describe(
    program: CommandProgram | RemoteProgram,
    how: { readonly folder: string; readonly what: string; readonly signal: AbortSignal },
  ): Promise<ModelReport>;
  find(program: CommandProgram | RemoteProgram): Runtime;
}

export interface InspectDeps {
  readonly children: ChildRunner;
  readonly lake: Lake | null;
  /** Of whatever opens a file that nobody vouches for. */
  readonly limits: ChildLimits;
  readonly python: PythonDeps | null;
  readonly oip: OipDeps | null;
  readonly readExamples: (job: InspectJob, signature: Signature) => Promise<PreparedExamplesFile | null>;
}

/** One file that is looked at. */
export interface InspectJob {
  /** A folder of its own that holds the files as they were packaged; what is made is put into it. */
  readonly folder: string;
  /** The file that was named, below the folder, with forward slashes. */
  readonly path: string;
  /** The `model:` section, with what the caller of a deploy says beside it. */
  readonly model: Manifest["model"] | null;
  /** Rows that it was trained on, below the folder; null where none are there. */
  readonly sample: string | null;
  readonly identity: { readonly name: string; readonly modelSection: ModelSection };
  readonly signal?: AbortSignal;
  /** Told what happens now, as a sentence. */
  readonly onProgress?: (message: string) => void;
}
