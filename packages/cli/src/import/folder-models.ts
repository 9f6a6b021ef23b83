import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { intOf, optionalText, parseDouble, textOf } from "./fields.ts";
import { listFiles, listFolders, readMeta, readPairs } from "./folder-files.ts";
import { toLifecycle, toModel, toVersion } from "./rest-shapes.ts";
import type { LoggedModelStatus, MlflowSource, SourceLoggedModel, SourceModelMetric } from "./source.ts";

const statuses: readonly LoggedModelStatus[] = ["UNSPECIFIED", "PENDING", "READY", "FAILED"];

type Models = Pick<MlflowSource, "loggedModelPages" | "registeredModels" | "versionPages">;

/** Logged models, and the registry in the folder `models`. */
export function folderModels(root: string, homeOf: (experimentId: string) => string): Models {
  const registry = join(root, "models");
  return {
    async *loggedModelPages(experimentId) {
      const folder = join(homeOf(experimentId), "models");
      const models = [];
      for (const name of await listFolders(folder)) {
        const model = await readLoggedModel(join(folder, name), experimentId);
        if (model !== null) models.push(model);
      }
      if (models.length > 0) yield models;
    },

    async registeredModels() {
      const models = [];
      for (const name of await listFolders(registry)) {
        const folder = join(registry, name);
        const meta = await readMeta(folder);
        if (meta === null) continue;
        const aliases = await readPairs(join(folder, "aliases"));
        models.push({
          ...toModel({ ...meta, aliases: aliases.map(([alias, version]) => ({ alias, version })) }),
          tags: await readPairs(join(folder, "tags")),
        });
      }
      return models;
    },

    async *versionPages(model) {
      const folder = join(registry, model);
      const versions = [];
      for (const name of (await listFolders(folder)).filter((each) => /^version-\d+$/.test(each))) {
        const meta = await readMeta(join(folder, name));
        if (meta === null) continue;
        const version = toVersion(meta, optionalText(meta, "storage_location"));
        const tags = await readPairs(join(folder, name, "tags"));
        versions.push({ ...version, tags, deleted: version.stage === "Deleted_Internal" });
      }
      if (versions.length > 0) yield versions.toSorted((a, b) => a.version - b.version);
    },
  };
}

async function readLoggedModel(folder: string, experimentId: string): Promise<SourceLoggedModel | null> {
  const meta = await readMeta(folder);
  if (meta === null) return null;
  return {
    id: textOf(meta, "model_id"),
    experimentId,
    name: textOf(meta, "name"),
    artifactUri: textOf(meta, "artifact_location", "artifact_uri"),
    status: statuses[intOf(meta, "status")] ?? "UNSPECIFIED",
    statusMessage: optionalText(meta, "status_message"),
    modelType: textOf(meta, "model_type"),
    sourceRunId: textOf(meta, "source_run_id"),
    createdAt: intOf(meta, "creation_timestamp"),
    updatedAt: intOf(meta, "last_updated_timestamp"),
    lifecycle: toLifecycle(optionalText(meta, "lifecycle_stage")),
    params: await readPairs(join(folder, "params")),
    tags: await readPairs(join(folder, "tags")),
    metrics: await readModelMetrics(join(folder, "metrics")),
  };
}

/** Lines of `timestamp value step run [dataset digest]`. */
async function readModelMetrics(folder: string): Promise<readonly SourceModelMetric[]> {
  const metrics: SourceModelMetric[] = [];
  for (const key of await listFiles(folder)) {
    const text = await readFile(join(folder, key), "utf8");
    for (const line of text.split("\n")) {
      const [timestamp, value, step, runId, datasetName, datasetDigest] = line.trim().split(" ");
      if (value === undefined || runId === undefined) continue;
      metrics.push({
        key,
        value: parseDouble(value),
        timestamp: Number(timestamp),
        step: Number(step),
        runId,
        datasetName: datasetName ?? null,
        datasetDigest: datasetDigest ?? null,
      });
    }
  }
  return metrics;
}
