import { randomBytes } from "node:crypto";
import { SlipwayError } from "@slipway/contract/errors";
import type { Clock } from "../../kernel/clock.ts";
import type { SqlTasks } from "../../platform/sql/index.ts";
import { parseExperimentId } from "../experiments/experiment.ts";
import type { KeyValue } from "../key-value.ts";
import { checkKey, checkLength, cut, limits } from "../limits.ts";
import type { RequestMark, Requests } from "../requests.ts";
import type * as module from "../tracking-tasks.ts";
import { toLogEntry, toMetricEntry, type Batch, type LoggedMetric } from "./batch.ts";
import { checkDatasetInputs } from "./check-inputs.ts";
import { toHistoryEntry } from "./history-entry.ts";
import type { DatasetInput, ModelOutput } from "./inputs.ts";
import { randomName } from "./random-name.ts";
import type { RunJson } from "./run-json.ts";
import type { RunInfoJson } from "./run.ts";
import type { RunChange } from "./tasks.ts";

export interface RunOrder {
  readonly experimentId: string;
  readonly userId: string;
  /** Milliseconds; null where the client has no say. */
  readonly startTime: number | null;
  /** Null: the tag `mlflow.runName`, or a name made up. */
  readonly name: string | null;
  readonly tags: readonly KeyValue[];
}

/** What is deleted keeps what was logged and takes nothing more. */
export interface Runs {
  /** @throws SlipwayError `experiment_not_found`, `precondition_failed`, `invalid_request` */
  create(order: RunOrder): Promise<{ readonly run: RunJson; readonly mark: RequestMark }>;
  /** JSON of `{run}`. Deleted ones too. @throws SlipwayError `run_not_found` */
  get(id: string): Promise<Uint8Array>;
  update(change: RunChange): Promise<RunInfoJson>;
  delete(id: string): Promise<void>;
  restore(id: string): Promise<void>;
  logMetric(id: string, metric: LoggedMetric): Promise<void>;
  logParam(id: string, param: KeyValue): Promise<void>;
  setTag(id: string, tag: KeyValue): Promise<void>;
  deleteTag(id: string, key: string): Promise<void>;
  logBatch(id: string, batch: Batch): Promise<void>;
  logInputs(
    id: string,
    inputs: { readonly datasets: readonly DatasetInput[]; readonly models: readonly string[] },
  ): Promise<void>;
  logOutputs(id: string, models: readonly ModelOutput[]): Promise<void>;
  /** What clients before 3.0 tell of a model: its MLmodel as JSON. */
  logModel(id: string, modelJson: string): Promise<void>;
}

export interface RunDeps {
  readonly tasks: SqlTasks<typeof module>;
  readonly requests: Requests;
  readonly clock: Clock;
}

const nameTag = "mlflow.runName";

export function createRuns({ tasks, requests, clock }: RunDeps): Runs {
  return {
    async create(order) {
      const experiment = parseExperimentId(order.experimentId);
      const mark = requests.mark(["run", order], clock.now());
      const { name, tags } = toNamed(order);
      const { userId, startTime } = order;
      const id = randomBytes(16).toString("hex");
      return { run: await tasks.write("createRun", { id, experiment, name, userId, startTime, tags, mark }), mark };
    },
    get: (id) => tasks.read("getRun", { id }),
    async update(change) {
      checkWhole(change.endTime, "end_time");
      return tasks.write("updateRun", change);
    },
    delete: (id) => tasks.write("moveRun", { id, to: "deleted", now: clock.now() }),
    restore: (id) => tasks.write("moveRun", { id, to: "active", now: clock.now() }),
    logMetric: async (id, metric) => tasks.write("logToRun", toMetricEntry(id, metric)),
    async logParam(id, { key, value }) {
      checkKey(key, "key");
      checkLength(key, limits.key, "Param key");
      await tasks.write("logToRun", { id, params: [{ key, value: cut(value, limits.paramValue) }] });
    },
    async setTag(id, { key, value }) {
      checkKey(key, "key");
      checkLength(key, limits.key, "key");
      await tasks.write("logToRun", { id, tags: [{ key, value: cut(value, limits.runTagValue) }] });
    },
    deleteTag: (id, key) => tasks.write("deleteRunTag", { id, key }),
    logBatch: async (id, batch) => tasks.write("logToRun", toLogEntry(id, batch)),
    async logInputs(id, { datasets, models }) {
      checkDatasetInputs(datasets);
      await tasks.write("logInputs", { id, datasets, models });
    },
    async logOutputs(id, models) {
      for (const { step } of models) checkWhole(step, "step");
      await tasks.write("logOutputs", { id, models });
    },
    logModel: async (id, modelJson) => tasks.write("recordLoggedModel", { id, entry: toHistoryEntry(modelJson) }),
  };
}

/** Values keep their length here, as in MLflow: a description comes whole. @throws SlipwayError `invalid_request` where the name and the tag of the name differ */
function toNamed({ name, tags, startTime }: RunOrder): { readonly name: string; readonly tags: readonly KeyValue[] } {
  checkWhole(startTime, "start_time");
  for (const { key } of tags) checkLength(key, limits.key, "key");
  const tagged = tags.find(({ key }) => key === nameTag)?.value;
  if (name && tagged && name !== tagged)
    throw new SlipwayError(
      "invalid_request",
      "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values " +
        `(run_name='${name}', mlflow.runName='${tagged}').`,
    );
  const chosen = name || tagged || randomName();
  return {
    name: chosen,
    tags: tagged ? tags : [...tags.filter(({ key }) => key !== nameTag), { key: nameTag, value: chosen }],
  };
}

function checkWhole(value: number | null, name: string): void {
  if (value !== null && !Number.isSafeInteger(value))
    throw new SlipwayError(
      "invalid_request",
      `Invalid value ${value} for parameter '${name}' supplied: it must be below 2^53.`,
    );
}
