import { SlipwayError } from "@slipway/contract";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { runTool, type Environments, type Watch } from "../../environments/index.ts";
import { toDistribution } from "./distribution-names.ts";
import { inferFromMlmodel } from "./infer-mlflow.ts";

export interface Inferred {
  readonly requirements: readonly string[];
  readonly constraints: readonly string[];
  readonly notes: readonly string[];
}

/** What `scan_file.py` says of a file. */
interface ScannedFile {
  readonly modules: readonly string[];
  readonly versions: Readonly<Record<string, string>>;
  /** Its columns had names at training. */
  readonly frames: boolean;
  readonly problem: string | null;
}

export interface InferDeps {
  readonly environments: Pick<Environments, "anyPython">;
  readonly scanner: string;
}

const scanMs = 120_000;
/** Parts of others, or what is here whatever the model says. */
const never = new Set(["slipway"]);

/** What a file needs as far as it shows, without loading it. @throws SlipwayError `precondition_failed` where there is no Python to look with */
export async function inferRequirements(
  { environments, scanner }: InferDeps,
  given: { readonly folder: string; readonly entry: string; readonly flavor: string } & Watch,
): Promise<Inferred> {
  const { folder, entry, flavor } = given;
  if (flavor === "mlflow") return inferFromMlmodel(folder, entry);
  const file = join(folder, entry);
  const python = await environments.anyPython(given);
  const command = [python, "-I", "-S", scanner, file, flavor] as const;
  const end = await runTool({ command, signal: given.signal, timeoutMs: scanMs });
  if (end.code !== 0)
    throw new SlipwayError(
      "invalid_model",
      `What ${entry} needs cannot be told from the file: ${end.stderr.trim().split("\n").at(-1) ?? end.how}. Say it in slipway.yaml (model.environment.requirements) or in a requirements.txt beside it.`,
      { file: entry },
    );
  const scanned = JSON.parse(end.stdout) as ScannedFile;
  const isLocal = (top: string) =>
    [folder, dirname(file)].some((where) => existsSync(join(where, top)) || existsSync(join(where, `${top}.py`)));
  const tops = [...new Set(scanned.modules.map((module) => module.split(".", 1)[0]!))];
  const foreign = tops.filter((top) => !isLocal(top) && !never.has(top));
  return toRequirements({ scanned, foreign, entry, flavor });
}

function toRequirements(given: {
  readonly scanned: ScannedFile;
  readonly foreign: readonly string[];
  readonly entry: string;
  readonly flavor: string;
}): Inferred {
  const { scanned, foreign, entry, flavor } = given;
  const names = new Set([...foreign.map(toDistribution), ...Object.keys(scanned.versions), ...base(flavor)]);
  if (scanned.frames) names.add("pandas");
  const requirements = [...names].toSorted().map((name) => {
    const version = scanned.versions[name];
    return version === undefined ? name : `${name}==${version}`;
  });
  const versioned = requirements.filter((each) => each.includes("=="));
  const free = requirements.filter((each) => !each.includes("=="));
  const said = versioned.length === 0 ? "" : ` ${versioned.join(", ")} as the file itself says;`;
  const unknown =
    free.length === 0
      ? ""
      : ` of ${free.join(", ")} it does not say which version, so that the newest that goes with the rest is taken.`;
  return {
    requirements,
    constraints: toConstraints(scanned),
    notes: [
      `Nothing says what ${entry} needs, so it was inferred from the file, which was not loaded:${said}${unknown} Name the versions of training in slipway.yaml (model.environment.requirements) to be sure.`.replace(
        /; Name/,
        ". Name",
      ),
      ...(scanned.problem === null ? [] : [`Of ${entry} not everything could be looked at: ${scanned.problem}.`]),
      ...(flavor === "keras"
        ? ["Keras runs on TensorFlow here; name jax or torch where the model was trained with them."]
        : []),
    ],
  };
}

/** What the loader of a flavor needs whatever the file shows. */
function base(flavor: string): readonly string[] {
  const loaders: Readonly<Record<string, readonly string[]>> = {
    sklearn: ["scikit-learn", "joblib"],
    transformers: ["safetensors"],
  };
  return ["numpy", ...(loaders[flavor] ?? [])];
}

/** Releases of scikit-learn that were built before numpy 2 do not say so; arrays in pickles show which numpy wrote them. */
function toConstraints({ modules, versions }: ScannedFile): string[] {
  const [major = 0, minor = 0, patch = 0] = (versions["scikit-learn"] ?? "9").split(".").map(Number);
  const isOld = major < 1 || (major === 1 && (minor < 4 || (minor === 4 && patch < 2)));
  if (isOld || modules.some((module) => module.startsWith("numpy.core."))) return ["numpy<2"];
  return modules.some((module) => module.startsWith("numpy._core.")) ? ["numpy>=2"] : [];
}
