import type { ForeignSqlite } from "@slipway/server";
import { doubleOf, givenText, intOf, optionalInt, optionalText, textOf, type Fields } from "./fields.ts";
import { toLifecycle } from "./rest-shapes.ts";
import type { LoggedModelStatus, MlflowSource, Pairs, SourceModelMetric, SourceVersion } from "./source.ts";
import { inDefault, pairsByOwner, selectWhere } from "./sqlite-rows.ts";

const modelsAPage = 500;
const deletedStage = "Deleted_Internal";
const statuses: readonly LoggedModelStatus[] = ["UNSPECIFIED", "PENDING", "READY", "FAILED"];

type Models = Pick<MlflowSource, "loggedModelPages" | "registeredModels" | "versionPages">;

export function sqliteModels(database: ForeignSqlite): Models {
  return {
    async *loggedModelPages(experimentId) {
      if (!database.tables.has("logged_models")) return;
      let after = "";
      for (;;) {
        const rows = database.rows(
          `select * from logged_models where experiment_id = ? and model_id > ? order by model_id limit ${modelsAPage}`,
          [Number(experimentId), after],
        );
        if (rows.length > 0) yield toLoggedModels(database, rows);
        if (rows.length < modelsAPage) return;
        after = textOf(rows.at(-1) ?? {}, "model_id");
      }
    },

    async registeredModels() {
      const tags = pairsByOwner(inDefault(selectWhere(database, ["registered_model_tags", "name"], null)), "name");
      const aliases = inDefault(selectWhere(database, ["registered_model_aliases", "name"], null));
      const aliasesOf = Map.groupBy(aliases, (row) => textOf(row, "name"));
      const rows = inDefault(selectWhere(database, ["registered_models", "name"], null));
      return rows.map((row) => ({
        name: textOf(row, "name"),
        // Over HTTP, MLflow tells an empty one of a version and not of a model.
        description: optionalText(row, "description"),
        createdAt: intOf(row, "creation_time"),
        updatedAt: intOf(row, "last_updated_time"),
        tags: tags.get(textOf(row, "name")) ?? [],
        aliases: (aliasesOf.get(textOf(row, "name")) ?? []).map((each) => ({
          alias: textOf(each, "alias"),
          version: intOf(each, "version"),
        })),
      }));
    },

    async *versionPages(model) {
      const rows = inDefault(selectWhere(database, ["model_versions", "name"], [model]));
      const tagRows = inDefault(selectWhere(database, ["model_version_tags", "name"], [model]));
      const tags = pairsByOwner(tagRows, "version");
      const versions = rows.map((row) => toVersion(row, tags.get(textOf(row, "version")) ?? []));
      if (versions.length > 0) yield versions.toSorted((a, b) => a.version - b.version);
    },
  };
}

function toLoggedModels(database: ForeignSqlite, rows: readonly Fields[]) {
  const ids = rows.map((row) => textOf(row, "model_id"));
  const names = (kind: string) => ({ key: `${kind}_key`, value: `${kind}_value` });
  const read = (table: string) => selectWhere(database, [table, "model_id"], ids);
  const params = pairsByOwner(read("logged_model_params"), "model_id", names("param"));
  const tags = pairsByOwner(read("logged_model_tags"), "model_id", names("tag"));
  const metrics = Map.groupBy(read("logged_model_metrics"), (row) => textOf(row, "model_id"));
  return rows.map((row) => {
    const id = textOf(row, "model_id");
    return {
      id,
      experimentId: textOf(row, "experiment_id"),
      name: textOf(row, "name"),
      artifactUri: textOf(row, "artifact_location"),
      status: statuses[intOf(row, "status")] ?? "UNSPECIFIED",
      statusMessage: optionalText(row, "status_message"),
      modelType: textOf(row, "model_type"),
      sourceRunId: textOf(row, "source_run_id"),
      createdAt: intOf(row, "creation_timestamp_ms"),
      updatedAt: intOf(row, "last_updated_timestamp_ms"),
      lifecycle: toLifecycle(optionalText(row, "lifecycle_stage")),
      params: params.get(id) ?? [],
      tags: tags.get(id) ?? [],
      metrics: (metrics.get(id) ?? []).map(toModelMetric),
    };
  });
}

function toModelMetric(row: Fields): SourceModelMetric {
  const value = row["metric_value"];
  return {
    key: textOf(row, "metric_name"),
    value: value === null ? Number.NaN : doubleOf(value),
    timestamp: intOf(row, "metric_timestamp_ms"),
    step: intOf(row, "metric_step"),
    runId: textOf(row, "run_id"),
    datasetName: optionalText(row, "dataset_name"),
    datasetDigest: optionalText(row, "dataset_digest"),
  };
}

function toVersion(row: Fields, tags: Pairs): SourceVersion {
  const stage = optionalText(row, "current_stage") ?? "None";
  return {
    version: intOf(row, "version"),
    deleted: stage === deletedStage,
    description: givenText(row, "description"),
    userId: optionalText(row, "user_id"),
    stage,
    source: textOf(row, "source"),
    storageLocation: optionalText(row, "storage_location"),
    runId: optionalText(row, "run_id"),
    runLink: optionalText(row, "run_link"),
    status: optionalText(row, "status") ?? "READY",
    createdAt: optionalInt(row, "creation_time") ?? 0,
    updatedAt: optionalInt(row, "last_updated_time") ?? 0,
    tags,
  };
}
