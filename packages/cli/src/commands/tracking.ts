import type { Experiment, LifecycleView, Run as TrackedRun } from "@slipway/contract";
import { argument, textOption, type Input, type Run } from "../context.ts";
import { parseLimit, take } from "../limit.ts";
import { writeList, writeOne, type Facts } from "../output.ts";
import type { Column } from "../table.ts";
import { durationText, relativeTime } from "../time.ts";

const toTimestamp = (ms: number): string => new Date(ms).toISOString();

const experimentColumns: readonly Column<Experiment>[] = [
  { title: "id", value: (item) => item.experiment_id, align: "right" },
  { title: "name", value: (item) => item.name, flexible: true },
  { title: "state", value: (item) => item.lifecycle_stage },
  {
    title: "created_at",
    value: (item) => toTimestamp(item.creation_time),
    text: (item, now) => relativeTime(toTimestamp(item.creation_time), now),
  },
  { title: "artifacts", value: (item) => item.artifact_location, flexible: true },
];

const runColumns: readonly Column<TrackedRun>[] = [
  { title: "run", value: ({ info }) => info.run_id },
  { title: "name", value: ({ info }) => info.run_name, flexible: true },
  { title: "experiment", value: ({ info }) => info.experiment_id, align: "right" },
  { title: "status", value: statusOf },
  {
    title: "started_at",
    value: ({ info }) => toTimestamp(info.start_time),
    text: ({ info }, now) => relativeTime(toTimestamp(info.start_time), now),
  },
  { title: "metrics", value: metricsText, flexible: true },
  { title: "params", value: ({ data }) => pairsText(data.params), flexible: true },
];

function statusOf({ info }: TrackedRun): string {
  return info.lifecycle_stage === "deleted" ? "deleted" : info.status.toLowerCase();
}

function metricsText({ data }: TrackedRun): string {
  return (data.metrics ?? []).map(({ key, value }) => `${key}=${numberText(value)}`).join(" ");
}

/** Six digits are enough to compare runs by. */
function numberText(value: number | "NaN"): string {
  return value === "NaN" ? value : String(Number(value.toPrecision(6)));
}

function pairsText(pairs: readonly { readonly key: string; readonly value: string }[] = []): string {
  return pairs.map(({ key, value }) => `${key}=${value}`).join(" ");
}

function searchOf(input: Input) {
  const limit = parseLimit(textOption(input, "limit") ?? "20");
  const search = {
    filter: textOption(input, "filter"),
    orderBy: textOption(input, "orderBy"),
    view: textOption(input, "view") as LifecycleView | undefined,
    limit: Math.min(limit, 200),
  };
  return { limit, search };
}

export const experiments: Run = async (context, input) => {
  const { limit, search } = searchOf(input);
  await writeList(context, experimentColumns, take(context.client().experiments.all(search), limit));
};

export const showExperiment: Run = async (context, input) => {
  const found = await context.client().experiments.get(argument(input, 0));
  writeOne(context, found, [
    ["id", found.experiment_id],
    ["name", found.name],
    ["state", found.lifecycle_stage],
    ["created", relativeTime(toTimestamp(found.creation_time), context.now())],
    ["artifacts", found.artifact_location],
    ...(found.tags ?? []).map(({ key, value }) => [`tag ${key}`, value] as const),
  ]);
};

export const runs: Run = async (context, input) => {
  const { limit, search } = searchOf(input);
  const experiment = textOption(input, "experiment");
  await writeList(context, runColumns, take(context.client().runs.all({ ...search, experiment }), limit));
};

export const showRun: Run = async (context, input) => {
  const run = await context.client().runs.get(argument(input, 0));
  writeOne(context, run, toFacts(run, context.now()));
};

function toFacts(run: TrackedRun, now: number): Facts {
  const { info, data, inputs, outputs } = run;
  const ended = info.end_time === undefined ? [] : [["took", durationText(info.end_time - info.start_time)] as const];
  const datasets = (inputs?.dataset_inputs ?? []).map(({ dataset }) => `${dataset.name} (${dataset.digest})`);
  return [
    ["run", info.run_id],
    ["name", info.run_name],
    ["experiment", info.experiment_id],
    ["status", statusOf(run)],
    ["started", `${relativeTime(toTimestamp(info.start_time), now)} by ${info.user_id || "nobody known"}`],
    ...ended,
    ["artifacts", info.artifact_uri],
    ...(data.metrics ?? []).map(
      ({ key, value, step }) => [`metric ${key}`, `${numberText(value)} (step ${step})`] as const,
    ),
    ...(data.params ?? []).map(({ key, value }) => [`param ${key}`, value] as const),
    ...(data.tags ?? []).map(({ key, value }) => [`tag ${key}`, value] as const),
    ...datasets.map((dataset) => ["dataset", dataset] as const),
    ...(inputs?.model_inputs ?? []).map(({ model_id }) => ["model in", model_id] as const),
    ...(outputs?.model_outputs ?? []).map(({ model_id, step }) => ["model out", `${model_id} (step ${step})`] as const),
  ];
}
