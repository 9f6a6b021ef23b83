import type { PythonProgram } from "@slipway/runtime";
import type { Environment, Lock } from "../../environments/index.ts";

/** A model that Python opens, with the environment that it was opened in. */
export interface PythonModel {
  readonly program: PythonProgram;
  readonly lock: Lock;
  readonly environment: Environment;
}
