import type { Manifest, ManifestFlavor } from "@slipway/contract";
import { open, readdir, stat } from "node:fs/promises";
import { join, posix } from "node:path";

export interface Format {
  readonly flavor: ManifestFlavor;
  /** What was seen, as a sentence. */
  readonly said: string;
}

export interface FormatRequest {
  readonly folder: string;
  /** The file that was named, below the folder. */
  readonly path: string;
  readonly model: Manifest["model"] | null;
}

const byEnding: readonly (readonly [RegExp, ManifestFlavor, string])[] = [
  [/\.onnx$/, "onnx", "an ONNX file"],
  [/(?:^|\/)MLmodel$/, "mlflow", "an MLflow model folder"],
  [/\.(?:joblib|pkl|pickle)$/, "sklearn", "a pickle, taken for one of scikit-learn"],
  [/\.skops$/, "sklearn", "a scikit-learn model in skops form"],
  [/\.ubj$/, "xgboost", "an XGBoost model"],
  [/\.py$/, "python", "a Python file with predict()"],
  [/\.(?:pt|pth|pt2)$/, "torch", "a PyTorch model"],
  [/\.keras$/, "keras", "a Keras 3 model"],
  [/\.cbm$/, "catboost", "a CatBoost model"],
  [/(?:^|\/)saved_model\.pb$/, "tensorflow", "a TensorFlow SavedModel"],
  [/\.remote\.json$/, "remote", "the address of a model that another server runs"],
];

/** What a file is, by its name and, where others share the name, by what stands in it or beside it. Nothing is opened that could run. */
export async function recogniseFormat({ folder, path, model }: FormatRequest): Promise<Format> {
  if (model?.flavor !== undefined)
    return { flavor: model.flavor, said: `${path} is opened as ${model.flavor}, as asked.` };
  if (model?.command !== undefined)
    return { flavor: "command", said: `A program that serves the model itself: ${model.command.join(" ")}.` };
  const known = byEnding.find(([ending]) => ending.test(path));
  if (known !== undefined) return { flavor: known[1], said: `${path} is ${known[2]}.` };
  // What is nothing else is tried as ONNX, whose probe says what the first bytes may be.
  const [flavor, what] = (await lookInside(folder, path)) ?? ["onnx", "taken for an ONNX file"];
  return { flavor, said: `${path} is ${what}.` };
}

/** Endings that mean nothing by themselves. */
async function lookInside(folder: string, path: string): Promise<readonly [ManifestFlavor, string] | null> {
  const head = await readHead(join(folder, path));
  if (path.endsWith(".json")) {
    const beside = await readdir(join(folder, posix.dirname(path))).catch((): string[] => []);
    if (posix.basename(path) === "config.json" && beside.some((file) => /\.(?:safetensors|bin)$/.test(file)))
      return ["transformers", "the configuration of a Hugging Face model"];
    if (/"(?:learner|gradient_booster)"\s*:/.test(head)) return ["xgboost", "an XGBoost model"];
  }
  if (/^tree\s*\n/.test(head) || /^version=v\d/m.test(head)) return ["lightgbm", "a LightGBM model"];
  return null;
}

async function readHead(path: string): Promise<string> {
  if ((await stat(path).catch(() => null))?.isFile() !== true) return "";
  await using file = await open(path);
  const { bytesRead, buffer } = await file.read(Buffer.alloc(4096), 0, 4096, 0);
  return buffer.toString("latin1", 0, bytesRead);
}
