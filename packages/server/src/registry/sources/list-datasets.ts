import { findArtifactFolder, type Artifacts, type RunJson, type Tracking } from "../../tracking/index.ts";
import type { VersionFile, VersionOrigin } from "../model-version.ts";
import { readRun } from "../read-run.ts";
import { parseSource } from "./source.ts";

interface DatasetDeps {
  readonly tracking: Pick<Tracking, "runs" | "loggedModels">;
  readonly artifacts: Pick<Artifacts, "find">;
}

/** MLflow's tag that says what a dataset was used for, and its values that mean training. */
const contextTag = "mlflow.data.context";
const training = ["training", "train"];

/**
 * Files of the datasets that the run of a version named as its inputs, those for training first. Only what lies among the artifacts
 * here is told: MLflow records where a dataset is, not its rows.
 */
export async function listDatasets(
  { tracking, artifacts }: DatasetDeps,
  { runId, loggedModelId }: VersionOrigin,
): Promise<VersionFile[]> {
  const id = runId === "" ? await findRunOf(tracking, loggedModelId) : runId;
  const run = id === "" ? null : await readRun(tracking, id).catch(() => null);
  const inputs = (run?.inputs?.dataset_inputs ?? []).map(({ tags = [], dataset }) => ({
    path: run === null ? null : findPath(dataset.source, run),
    isTraining: training.includes(tags.find(({ key }) => key === contextTag)?.value ?? ""),
  }));
  const files: VersionFile[] = [];
  for (const { path } of inputs.toSorted((a, b) => Number(b.isTraining) - Number(a.isTraining))) {
    const file = path === null ? null : await artifacts.find(path);
    if (path !== null && file !== null)
      files.push({ path: path.slice(path.lastIndexOf("/") + 1), sha256: file.sha256, size: file.size });
  }
  return files;
}

async function findRunOf(tracking: DatasetDeps["tracking"], model: string): Promise<string> {
  if (model === "") return "";
  const found = await tracking.loggedModels.get(model).catch(() => null);
  return found?.info.source_run_id ?? "";
}

/** A dataset's `source` is JSON, of most kinds `{"uri": …}`; a run's own artifacts go by `runs:/ID/…` too. */
function findPath(source: string, run: RunJson): string | null {
  const uri = uriOf(source);
  if (uri === null) return null;
  try {
    const parsed = parseSource(uri);
    if (parsed.kind === "location") return findArtifactFolder(uri);
    const folder = parsed.kind === "run" && parsed.runId === run.info.run_id ? run.info.artifact_uri : null;
    const at = folder === null ? null : findArtifactFolder(folder);
    return at === null || parsed.kind !== "run" ? null : `${at}/${parsed.path}`;
  } catch {
    return null;
  }
}

function uriOf(source: string): string | null {
  try {
    const value: unknown = JSON.parse(source);
    const uri = typeof value === "object" && value !== null && "uri" in value ? value.uri : null;
    return typeof uri === "string" ? uri : null;
  } catch {
    return null;
  }
}
