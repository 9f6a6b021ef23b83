import { randomBytes } from "node:crypto";
import { SlipwayError } from "@slipway/contract/errors";
import type { Clock } from "../../kernel/clock.ts";
import type { SqlTasks } from "../../platform/sql/index.ts";
import { parseExperimentId } from "../experiments/experiment.ts";
import type { KeyValue } from "../key-value.ts";
import { checkLength, limits } from "../limits.ts";
import type { RequestMark, Requests } from "../requests.ts";
import { randomName } from "../runs/random-name.ts";
import type * as module from "../tracking-tasks.ts";
import type { VersionNote } from "./versions-tag.ts";
import type { LoggedModelJson, LoggedModelStatus } from "./logged-model.ts";

export interface LoggedModelOrder {
  readonly experimentId: string;
  /** Null: one is made up. */
  readonly name: string | null;
  readonly modelType: string;
  /** Empty where no run made it. */
  readonly sourceRunId: string;
  readonly params: readonly KeyValue[];
  readonly tags: readonly KeyValue[];
}

export interface LoggedModels {
  /** @throws SlipwayError `experiment_not_found`, `precondition_failed`, `invalid_request` */
  create(order: LoggedModelOrder): Promise<{ readonly model: LoggedModelJson; readonly mark: RequestMark }>;
  /** @throws SlipwayError `logged_model_not_found` */
  get(id: string, deletedToo?: boolean): Promise<LoggedModelJson>;
  /** Its files are there, or will never be. */
  finish(id: string, status: LoggedModelStatus): Promise<LoggedModelJson>;
  delete(id: string): Promise<void>;
  logParams(id: string, params: readonly KeyValue[]): Promise<void>;
  setTags(id: string, tags: readonly KeyValue[]): Promise<void>;
  deleteTag(id: string, key: string): Promise<void>;
  /** Notes that a version of a registered model was made of it. */
  noteVersion(id: string, version: VersionNote): Promise<void>;
}

export interface LoggedModelDeps {
  readonly tasks: SqlTasks<typeof module>;
  readonly requests: Requests;
  readonly clock: Clock;
}

export function createLoggedModels({ tasks, requests, clock }: LoggedModelDeps): LoggedModels {
  return {
    async create(order) {
      if (order.name !== null) checkName(order.name);
      const experiment = parseExperimentId(order.experimentId);
      const now = clock.now();
      const mark = requests.mark(["logged model", order], now);
      const model = await tasks.write("createLoggedModel", {
        id: `m-${randomBytes(16).toString("hex")}`,
        experiment,
        name: order.name ?? randomName(),
        modelType: order.modelType,
        sourceRunId: order.sourceRunId,
        params: checkKeys(order.params),
        tags: checkKeys(order.tags),
        mark,
        now,
      });
      return { model, mark };
    },
    get: (id, deletedToo = false) => tasks.read("getLoggedModel", { id, deletedToo }),
    finish: (id, status) => tasks.write("finishLoggedModel", { id, status, now: clock.now() }),
    delete: (id) => tasks.write("deleteLoggedModel", { id, now: clock.now() }),
    logParams: async (id, params) => tasks.write("logLoggedModelParams", { id, pairs: checkKeys(params) }),
    setTags: async (id, tags) => tasks.write("setLoggedModelTags", { id, pairs: checkKeys(tags) }),
    deleteTag: (id, key) => tasks.write("deleteLoggedModelTag", { id, key }),
    noteVersion: (id, { name, version }) => tasks.write("noteModelVersion", { id, name, version }),
  };
}

/** Values keep their length, as in MLflow: one may be a list in JSON. @throws SlipwayError `invalid_request` */
function checkKeys(pairs: readonly KeyValue[]): readonly KeyValue[] {
  for (const { key } of pairs) checkLength(key, limits.key, "key");
  return pairs;
}

function checkName(name: string): void {
  if (name !== "" && !/[/:.%"']/.test(name)) return;
  throw new SlipwayError(
    "invalid_request",
    `Invalid model name ('${name}') provided. Model name must be a non-empty string and cannot contain the following ` +
      `characters: ('/', ':', '.', '%', '"', "'")`,
  );
}
