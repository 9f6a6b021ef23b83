import { lstat, readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { UsageError } from "../exit-codes.ts";
import type { PlannedFile } from "./deploy-plan.ts";

const mostFiles = 10_000;
/** What no model reads and what may be somebody's secret. */
const leftOut = /^(?:\..*|__pycache__|node_modules|slipway-data|.*\.pyc)$/;
const modelFile = /\.(?:onnx|joblib|pkl|pickle|skops|ubj|pt|pth|pt2|keras|cbm|remote\.json)$/;
/** Says nothing of a model by its name alone, but where it is the only one of its kind. */
const vagueFile = /^model\.(?:py|json|txt|bin)$/;
const requirementFiles = ["requirements.txt", "constraints.txt", "python_env.yaml", "conda.yaml"];

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
  throw new UsageError(
    `${folder} ${what}. Name the model file itself, or write a slipway.yaml with \`model: {path: …}\`.`,
  );
}

/** Beside a model file, what says which Python packages it needs. */
export async function listRequirements(folder: string): Promise<string[]> {
  const files = await readdir(folder).catch((): string[] => []);
  return files.filter((file) => requirementFiles.includes(file));
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
