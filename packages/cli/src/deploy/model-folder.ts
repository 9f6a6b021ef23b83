import { lstat, readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { UsageError } from "../exit-codes.ts";
import type { PlannedFile } from "./deploy-plan.ts";

const mostFiles = 10_000;
/** What no model reads and what may be somebody's secret. slipway.yaml is told beside the files: half of it is about the endpoint. */
const leftOut = /^(?:\..*|slipway\.ya?ml|__pycache__|node_modules|slipway-data|.*\.pyc)$/;
const modelFile = /\.(?:onnx|joblib|pkl|pickle|skops|ubj|pt|pth|pt2|keras|cbm|remote\.json)$/;
/** Says nothing of a model by its name alone, but where it is the only one of its kind. */
const vagueFile = /^model\.(?:py|json|txt|bin)$/;
const companions = [
  "requirements.txt",
  "constraints.txt",
  "python_env.yaml",
  "conda.yaml",
  "training/sample.parquet",
  "training/sample.csv",
];

export function isOnnx(entry: string): boolean {
  return entry.endsWith(".onnx");
}

/** Files that stand for the folder that they are in. */
export function isWholeFolder(entry: string): boolean {
  return /^(?:MLmodel|saved_model\.pb|config\.json|.*\.py)$/.test(basename(entry));
}

/** Which file of a folder is the model's. @throws UsageError that says what was looked for */
export async function requireModelFile(folder: string): Promise<string> {
  const files = await readdir(folder);
  for (const known of ["MLmodel", "saved_model.pb"]) if (files.includes(known)) return known;
  if (files.includes("config.json") && files.some((file) => file.endsWith(".safetensors"))) return "config.json";
  const clear = files.filter((file) => modelFile.test(file));
  const found = clear.length > 0 ? clear : files.filter((file) => vagueFile.test(file));
  if (found.length === 1 && found[0] !== undefined) return found[0];
  const what =
    found.length === 0
      ? "has no slipway.yaml and no model: no MLmodel, saved_model.pb, config.json with .safetensors, nor one file that ends in .onnx, .joblib, .pkl, .skops, .ubj, .pt, .pt2, .keras or .cbm"
      : `has more than one model (${found.toSorted().join(", ")})`;
  const below = found.length === 0 ? await findModelBelow(folder, files) : null;
  const advice =
    below === null ? "Name the model file itself" : `Did you mean ${below}? Else name the model file itself`;
  throw new UsageError(`${folder} ${what}. ${advice}, or write a slipway.yaml with \`model: {path: …}\`.`);
}

/** The folder below that a framework wrote, such as `model` in a run of MLflow; null where there is none, or several. */
async function findModelBelow(folder: string, names: readonly string[]): Promise<string | null> {
  const found: string[] = [];
  for (const name of names) {
    const inside = await readdir(join(folder, name)).catch((): string[] => []);
    if (inside.includes("MLmodel") || inside.includes("saved_model.pb")) found.push(join(folder, name));
  }
  return found.length === 1 ? found[0]! : null;
}

/** Beside a model file, what says which Python packages it needs, and rows that it was trained on. */
export async function listCompanions(folder: string): Promise<string[]> {
  const isThere = async (file: string) => (await stat(join(folder, file)).catch(() => null))?.isFile() === true;
  const found = await Promise.all(companions.map(async (file) => ((await isThere(file)) ? [file] : [])));
  return found.flat();
}

/** All files below, but for hidden ones. @throws UsageError for a link, which could lead anywhere, and for too many files */
export async function listFolder(folder: string): Promise<PlannedFile[]> {
  const found: PlannedFile[] = [];
  const walk = async (below: string): Promise<void> => {
    for (const name of (await readdir(join(folder, below))).toSorted()) {
      if (leftOut.test(name)) continue;
      const path = below === "" ? name : `${below}/${name}`;
      const absolute = join(folder, path);
      const entry = await lstat(absolute);
      if (entry.isSymbolicLink())
        throw new UsageError(`${absolute} is a link, which could lead out of the folder. Put the file itself there.`);
      if (entry.isDirectory()) await walk(path);
      else if (entry.isFile()) found.push({ path, absolute, size: entry.size });
      if (found.length > mostFiles)
        throw new UsageError(`${folder} has more than ${mostFiles} files. Deploy a folder that holds the model alone.`);
    }
  };
  await walk("");
  return found;
}
