import { posix } from "node:path";
import { normalName, type Environments, type Watch } from "../../environments/index.ts";
import { readDeclared, type Declared } from "./declared-requirements.ts";
import { inferRequirements } from "./infer-requirements.ts";
import { readRequirementLines, readRequirementsFile } from "./requirements-file.ts";

export interface FindRequirementsRequest extends Watch {
  /** The model's folder. */
  readonly folder: string;
  /** The file to open, relative to it. */
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

interface FoundRequirements {
  readonly requirements: readonly string[];
  readonly constraints: readonly string[];
  /** "3.11", "3.11.7" or ">=3.10"; null: nobody says. */
  readonly python: string | null;
  /** Where they come from: "slipway.yaml", the path of a file, or "inferred from model.joblib". */
  readonly source: string;
  /** Sentences for the person who deploys. */
  readonly notes: readonly string[];
}

/** What Python packages a model needs. @throws SlipwayError `invalid_model`, `precondition_failed` where what is written is wrong or cannot be had */
export type FindRequirements = (request: FindRequirementsRequest) => Promise<FoundRequirements>;

interface RequirementsFinderDeps {
  readonly environments: Pick<Environments, "anyPython">;
  /** Path of `scan_file.py`, which tells what a file needs without loading it. */
  readonly scanner: string;
}

/** slipway.yaml first, then what lies beside the model, then the model's own file. */
export function createRequirementsFinder(deps: RequirementsFinderDeps): FindRequirements {
  return async (request) => {
    const { folder, entry, environment } = request;
    const declared = await findDeclared(folder, posix.dirname(entry));
    const python = environment?.python ?? declared.python;
    const given = environment?.requirements;
    if (given !== undefined) {
      const read =
        typeof given === "string"
          ? await readRequirementsFile(folder, given)
          : await readRequirementLines(folder, { path: "slipway.yaml", lines: given });
      const source = typeof given === "string" ? given : "slipway.yaml";
      return { ...describe({ ...read, source }), python };
    }
    if (declared.source !== null) return { ...describe({ ...declared, source: declared.source }), python };
    const inferred = await inferRequirements(deps, request);
    return { ...inferred, python, source: `inferred from ${entry}` };
  };
}

/** Beside the file that is opened, else in the folder that was deployed. */
async function findDeclared(folder: string, below: string): Promise<Declared> {
  const beside = await readDeclared(folder, below);
  return beside.source !== null || below === "." ? beside : merge(beside, await readDeclared(folder, "."));
}

function merge(beside: Declared, above: Declared): Declared {
  return { ...above, python: beside.python ?? above.python };
}

type Described = Pick<FoundRequirements, "requirements" | "constraints" | "notes" | "source">;

function describe(found: Described): Described {
  const { source } = found;
  const names = new Set(found.requirements.map((each) => normalName(/^[\w.-]+/.exec(each)?.[0] ?? "")));
  // What hands the model its inputs takes numpy for granted.
  const requirements = names.has("numpy") ? found.requirements : [...found.requirements, "numpy"];
  const free = found.requirements.filter((each) => !/===?|\.whl$/.test(each.split(";", 1)[0]!));
  const notes =
    free.length === 0
      ? []
      : [
          `${source} does not say exactly which version: ${free.join(", ")}. The newest that go together were taken, and stay so for this version of the model.`,
        ];
  return {
    requirements,
    constraints: found.constraints,
    source,
    notes: [`The Python packages are those of ${source}.`, ...found.notes, ...notes],
  };
}
