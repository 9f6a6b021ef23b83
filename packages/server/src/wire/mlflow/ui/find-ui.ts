import { existsSync } from "node:fs";
import { readdir, realpath } from "node:fs/promises";
import { join, resolve } from "node:path";
import { SlipwayError } from "@slipway/contract";
import { findPythonPackage } from "../../../platform/process/index.ts";

/** The files of MLflow's web UI, by their path below `static-files/`. */
export interface MlflowUi {
  readonly folder: string;
  readonly files: ReadonlyMap<string, string>;
}

/**
 * @param setting `auto`, or the folder of an installed `mlflow` package, of its `site-packages`, or of the built UI itself
 * @throws SlipwayError `invalid_config`
 */
export async function findMlflowUi(setting: string): Promise<MlflowUi> {
  const found = setting === "auto" ? await findPythonPackage("mlflow") : { folder: resolve(setting), why: "" };
  if (found.folder === null)
    throw refuse(
      `no mlflow package was found: ${found.why}. Give its folder: --mlflow-ui /path/to/site-packages/mlflow`,
    );
  const { folder } = found;
  const inside = [".", "server/js/build", "mlflow/server/js/build"].map((path) => join(folder, path));
  const built = inside.find((path) => existsSync(join(path, "index.html")) && existsSync(join(path, "static")));
  if (built === undefined) {
    const skinny = existsSync(join(folder, "version.py")) ? " It may be mlflow-skinny, which comes without a UI." : "";
    throw refuse(`there is no web UI of MLflow in ${folder}.${skinny} \`pip install mlflow\` brings one.`);
  }
  return { folder: built, files: await listFiles(await realpath(built)) };
}

/** Every file by name: what a request names is looked up and never made a path of. */
async function listFiles(folder: string): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(files.map((path) => [path.slice(folder.length + 1).replaceAll("\\", "/"), path]));
}

function refuse(why: string): SlipwayError {
  return new SlipwayError("invalid_config", `mlflow_ui: ${why}`);
}
