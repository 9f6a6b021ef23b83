import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse as parseYaml } from "yaml";
import type { RequirementsFile } from "./requirements-file.ts";

/** What a flavor calls the version that it was logged with, and the package which that is. */
const versionKeys: Readonly<Record<string, string>> = {
  catboost_version: "catboost",
  cloudpickle_version: "cloudpickle",
  keras_version: "keras",
  lgb_version: "lightgbm",
  onnx_version: "onnx",
  pytorch_version: "torch",
  sklearn_version: "scikit-learn",
  spacy_version: "spacy",
  statsmodels_version: "statsmodels",
  transformers_version: "transformers",
  xgb_version: "xgboost",
};

/** What an MLmodel says of versions where nothing beside it names packages: those of MLflow and of each flavor. */
export async function inferFromMlmodel(folder: string, entry: string): Promise<RequirementsFile> {
  const model = toRecord(parseYaml(await readFile(join(folder, entry), "utf8")));
  const found = new Map([["mlflow", toVersion(model["mlflow_version"])]]);
  for (const flavor of Object.values(toRecord(model["flavors"])))
    for (const [key, name] of Object.entries(versionKeys)) {
      const version = toVersion(toRecord(flavor)[key]);
      if (version !== null) found.set(name, version);
    }
  const requirements = [...found].map(([name, version]) => (version === null ? name : `${name}==${version}`));
  return {
    requirements,
    constraints: [],
    notes: [
      `No requirements.txt, python_env.yaml or conda.yaml lies beside ${entry}, so its packages were inferred from what it says: ${requirements.join(", ")}, and what these need. Log the model with pip_requirements, or name the versions of training in slipway.yaml (model.environment.requirements) to be sure.`,
    ],
  };
}

function toVersion(value: unknown): string | null {
  return typeof value === "string" && /^\d+(\.\d+)*([-+.\w]*)$/.test(value) ? value : null;
}

function toRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
