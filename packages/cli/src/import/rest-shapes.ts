import {
  doubleOf,
  givenText,
  intOf,
  listOf,
  optionalInt,
  optionalText,
  pairsOf,
  textOf,
  toFields,
  type Fields,
} from "./fields.ts";
import type {
  Lifecycle,
  LoggedModelStatus,
  SourceDatasetInput,
  SourceExperiment,
  SourceLoggedModel,
  SourceModel,
  SourceRun,
  SourceVersion,
} from "./source.ts";

export function toLifecycle(text: string | null): Lifecycle {
  return text === "deleted" ? "deleted" : "active";
}

export function toExperiment(fields: Fields): SourceExperiment {
  return {
    id: textOf(fields, "experiment_id"),
    name: textOf(fields, "name"),
    artifactLocation: textOf(fields, "artifact_location"),
    lifecycle: toLifecycle(optionalText(fields, "lifecycle_stage")),
    createdAt: optionalInt(fields, "creation_time"),
    updatedAt: optionalInt(fields, "last_update_time"),
    tags: pairsOf(fields, "tags"),
  };
}

export function toRun(fields: Fields): SourceRun {
  const [info, data] = [toFields(fields["info"]), toFields(fields["data"])];
  const [inputs, outputs] = [toFields(fields["inputs"]), toFields(fields["outputs"])];
  const tags = pairsOf(data, "tags");
  return {
    id: textOf(info, "run_id", "run_uuid"),
    experimentId: textOf(info, "experiment_id"),
    name: optionalText(info, "run_name") ?? runNameOf(tags),
    userId: textOf(info, "user_id"),
    status: textOf(info, "status"),
    startTime: optionalInt(info, "start_time"),
    endTime: optionalInt(info, "end_time"),
    lifecycle: toLifecycle(optionalText(info, "lifecycle_stage")),
    deletedAt: null,
    artifactUri: textOf(info, "artifact_uri"),
    params: pairsOf(data, "params"),
    tags,
    series: listOf(data, "metrics").map((metric) => ({
      key: textOf(metric, "key"),
      mark: [intOf(metric, "step"), intOf(metric, "timestamp"), doubleOf(metric["value"])].join(" "),
    })),
    datasets: listOf(inputs, "dataset_inputs").map(toDatasetInput),
    modelInputs: listOf(inputs, "model_inputs").map((each) => textOf(each, "model_id")),
    modelOutputs: listOf(outputs, "model_outputs").map((each) => ({
      modelId: textOf(each, "model_id"),
      step: intOf(each, "step"),
    })),
  };
}

/** MLflow 1 kept the name of a run in a tag alone. */
export function runNameOf(tags: SourceRun["tags"]): string {
  return tags.find(([key]) => key === "mlflow.runName")?.[1] ?? "";
}

function toDatasetInput(fields: Fields): SourceDatasetInput {
  const dataset = toFields(fields["dataset"]);
  return {
    name: textOf(dataset, "name"),
    digest: textOf(dataset, "digest"),
    sourceType: textOf(dataset, "source_type"),
    source: textOf(dataset, "source"),
    schema: optionalText(dataset, "schema"),
    profile: optionalText(dataset, "profile"),
    tags: pairsOf(fields, "tags"),
  };
}

const statuses: Readonly<Record<string, LoggedModelStatus>> = {
  LOGGED_MODEL_READY: "READY",
  LOGGED_MODEL_PENDING: "PENDING",
  LOGGED_MODEL_UPLOAD_FAILED: "FAILED",
};

export function toLoggedModel(fields: Fields): SourceLoggedModel {
  const [info, data] = [toFields(fields["info"]), toFields(fields["data"])];
  return {
    id: textOf(info, "model_id"),
    experimentId: textOf(info, "experiment_id"),
    name: textOf(info, "name"),
    artifactUri: textOf(info, "artifact_uri"),
    status: statuses[textOf(info, "status")] ?? "UNSPECIFIED",
    statusMessage: optionalText(info, "status_message"),
    modelType: textOf(info, "model_type"),
    sourceRunId: textOf(info, "source_run_id"),
    createdAt: intOf(info, "creation_timestamp_ms"),
    updatedAt: intOf(info, "last_updated_timestamp_ms"),
    lifecycle: "active",
    params: pairsOf(data, "params"),
    tags: pairsOf(info, "tags"),
    metrics: listOf(data, "metrics").map((metric) => ({
      key: textOf(metric, "key"),
      value: doubleOf(metric["value"]),
      timestamp: intOf(metric, "timestamp"),
      step: intOf(metric, "step"),
      runId: textOf(metric, "run_id"),
      datasetName: optionalText(metric, "dataset_name"),
      datasetDigest: optionalText(metric, "dataset_digest"),
    })),
  };
}

export function toModel(fields: Fields): SourceModel {
  return {
    name: textOf(fields, "name"),
    description: optionalText(fields, "description"),
    createdAt: intOf(fields, "creation_timestamp"),
    updatedAt: intOf(fields, "last_updated_timestamp"),
    tags: pairsOf(fields, "tags"),
    aliases: listOf(fields, "aliases").map((each) => ({
      alias: textOf(each, "alias"),
      version: intOf(each, "version"),
    })),
  };
}

export function toVersion(fields: Fields, storageLocation: string | null): SourceVersion {
  return {
    version: intOf(fields, "version"),
    deleted: false,
    description: givenText(fields, "description"),
    userId: optionalText(fields, "user_id"),
    stage: optionalText(fields, "current_stage") ?? "None",
    source: textOf(fields, "source"),
    storageLocation,
    runId: optionalText(fields, "run_id"),
    runLink: optionalText(fields, "run_link"),
    status: optionalText(fields, "status") ?? "READY",
    createdAt: intOf(fields, "creation_timestamp"),
    updatedAt: intOf(fields, "last_updated_timestamp"),
    tags: pairsOf(fields, "tags"),
  };
}
