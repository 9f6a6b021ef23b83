import type { ModelFiles, ModelProgram, Placement, Runtime } from "@slipway/runtime";

/** What decides which runtime opens a model. */
export interface RuntimeQuestion {
  readonly program: ModelProgram;
  readonly placement: Placement;
  /** Holds the files of the version. */
  readonly folder: string;
  /** Of one run. */
  readonly threads: number;
}

/** The runtime for a model, made ready: a Python environment that is not there yet is built. @throws SlipwayError `precondition_failed`, `invalid_model` */
export type FindRuntime = (question: RuntimeQuestion) => Promise<Runtime>;

/** What a runtime opens: the file that was named, or what the loader of its framework takes. */
export function toModelFiles(
  folder: string,
  { program, entry }: { readonly program: ModelProgram; readonly entry: string },
): ModelFiles {
  return { folder, path: program.kind === "python" ? program.path : entry };
}
