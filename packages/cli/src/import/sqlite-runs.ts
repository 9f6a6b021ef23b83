import type { ForeignSqlite } from "@slipway/server";
import { intOf, optionalInt, optionalText, textOf, toPairs, type Fields } from "./fields.ts";
import { runNameOf, toLifecycle } from "./rest-shapes.ts";
import type { SourceDatasetInput, SourceRun } from "./source.ts";
import { pairsByOwner, selectWhere } from "./sqlite-rows.ts";

/** Runs with all that hangs on them but their points. */
export function createSqliteRuns(database: ForeignSqlite) {
  return {
    toRuns(rows: readonly Fields[]): readonly SourceRun[] {
      const ids = rows.map((row) => textOf(row, "run_uuid"));
      const params = pairsByOwner(selectWhere(database, ["params", "run_uuid"], ids), "run_uuid");
      const tags = pairsByOwner(selectWhere(database, ["tags", "run_uuid"], ids), "run_uuid");
      const series = readSeries(database, ids);
      const links = readLinks(database, ids);
      return rows.map((row) => {
        const id = textOf(row, "run_uuid");
        const own = tags.get(id) ?? [];
        return {
          id,
          experimentId: textOf(row, "experiment_id"),
          name: optionalText(row, "name") ?? runNameOf(own),
          userId: textOf(row, "user_id"),
          status: optionalText(row, "status") ?? "RUNNING",
          startTime: optionalInt(row, "start_time"),
          endTime: optionalInt(row, "end_time"),
          lifecycle: toLifecycle(optionalText(row, "lifecycle_stage")),
          deletedAt: optionalInt(row, "deleted_time"),
          artifactUri: textOf(row, "artifact_uri"),
          params: params.get(id) ?? [],
          tags: own,
          series: series.get(id) ?? [],
          datasets: links.datasets.get(id) ?? [],
          modelInputs: links.modelInputs.get(id) ?? [],
          modelOutputs: links.modelOutputs.get(id) ?? [],
        };
      });
    },
  };
}

/** The number of points tells that some have come, wherever their steps and times are. */
function readSeries(database: ForeignSqlite, ids: readonly string[]): ReadonlyMap<string, SourceRun["series"]> {
  if (ids.length === 0) return new Map();
  const rows = database.rows(
    `select run_uuid, key, count(*) as n, max(cast(timestamp as real)) as latest from metrics
      where run_uuid in (${ids.map(() => "?").join(", ")}) group by run_uuid, key order by key`,
    ids,
  );
  const grouped = Map.groupBy(rows, (row) => textOf(row, "run_uuid"));
  return new Map(
    [...grouped].map(([id, each]) => [
      id,
      each.map((row) => ({ key: textOf(row, "key"), mark: `${intOf(row, "n")} ${intOf(row, "latest")}` })),
    ]),
  );
}

interface Links {
  readonly datasets: Map<string, SourceDatasetInput[]>;
  readonly modelInputs: Map<string, string[]>;
  readonly modelOutputs: Map<string, { readonly modelId: string; readonly step: number }[]>;
}

function readLinks(database: ForeignSqlite, ids: readonly string[]): Links {
  const links: Links = { datasets: new Map(), modelInputs: new Map(), modelOutputs: new Map() };
  const into = selectWhere(database, ["inputs", "destination_id"], ids);
  const datasetRows = into.filter((row) => row["source_type"] === "DATASET" && row["destination_type"] === "RUN");
  const datasetIds = [...new Set(datasetRows.map((row) => textOf(row, "source_id")))];
  const datasets = new Map(
    selectWhere(database, ["datasets", "dataset_uuid"], datasetIds).map((row) => [textOf(row, "dataset_uuid"), row]),
  );
  const inputIds = datasetRows.map((row) => textOf(row, "input_uuid"));
  const tags = pairsByOwner(selectWhere(database, ["input_tags", "input_uuid"], inputIds), "input_uuid", {
    key: "name",
  });
  for (const row of datasetRows) {
    const dataset = datasets.get(textOf(row, "source_id"));
    if (dataset === undefined) continue;
    const own = tags.get(textOf(row, "input_uuid")) ?? toPairs([]);
    append(links.datasets, textOf(row, "destination_id"), { ...toDataset(dataset), tags: own });
  }
  for (const row of selectWhere(database, ["inputs", "source_id"], ids)) {
    const run = textOf(row, "source_id");
    const modelId = textOf(row, "destination_id");
    if (row["destination_type"] === "MODEL_INPUT") append(links.modelInputs, run, modelId);
    if (row["destination_type"] === "MODEL_OUTPUT")
      append(links.modelOutputs, run, { modelId, step: intOf(row, "step") });
  }
  return links;
}

function toDataset(row: Fields): Omit<SourceDatasetInput, "tags"> {
  return {
    name: textOf(row, "name"),
    digest: textOf(row, "digest"),
    sourceType: textOf(row, "dataset_source_type"),
    source: textOf(row, "dataset_source"),
    schema: optionalText(row, "dataset_schema"),
    profile: optionalText(row, "dataset_profile"),
  };
}

function append<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}
