import { SlipwayError } from "@slipway/contract";
import type { Environments, Watch } from "../../environments/index.ts";

export interface FindRequirementsRequest extends Watch {
  /** The model's folder. */
  readonly folder: string;
  /** The file or folder to open, relative to it; "." is the folder. */
  readonly entry: string;
  /** As packaging recognised it: "sklearn", "mlflow", "python", ... */
  readonly flavor: string;
  /** `model.environment` of slipway.yaml; null where there is none. */
  readonly environment: {
    readonly python?: string | undefined;
    /** A list, or the name of a file in the model's folder. */
    readonly requirements?: readonly string[] | string | undefined;
  } | null;
}

export interface FoundRequirements {
  readonly requirements: readonly string[];
  readonly constraints: readonly string[];
  /** "3.11", "3.11.7" or ">=3.10"; null: nobody says. */
  readonly python: string | null;
  /** Where they come from: "slipway.yaml", the path of a file, or "inferred from model.joblib". */
  readonly source: string;
  /** Sentences for the person who deploys. */
  readonly notes: readonly string[];
}

/** What Python packages a model needs. @throws SlipwayError `invalid_model`, `invalid_manifest` where what is written is wrong or cannot be had */
export type FindRequirements = (request: FindRequirementsRequest) => Promise<FoundRequirements>;

export interface RequirementsFinderDeps {
  readonly environments: Environments;
  /** Path of `scan_file.py`, which tells what a file needs without loading it. */
  readonly scanner: string;
}

export function createRequirementsFinder(_deps: RequirementsFinderDeps): FindRequirements {
  return async () => {
    throw new SlipwayError("unimplemented", "Requirements are not found yet.");
  };
}
