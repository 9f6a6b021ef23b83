import { SlipwayError } from "@slipway/contract/errors";
import type { Clock } from "../../kernel/clock.ts";
import type { SqlTasks } from "../../platform/sql/index.ts";
import type { KeyValue } from "../key-value.ts";
import { checkKey, checkLength, limits } from "../limits.ts";
import type { RequestMark, Requests } from "../requests.ts";
import type * as module from "../tracking-tasks.ts";
import { parseExperimentId, type ExperimentJson } from "./experiment.ts";

export interface ExperimentOrder {
  readonly name: string;
  /** Where artifacts of its runs go; null: to this server. */
  readonly artifactLocation: string | null;
  readonly tags: readonly KeyValue[];
}

/** Ids are as clients write them. */
export interface Experiments {
  /** @throws SlipwayError `already_exists`, `invalid_request` */
  create(order: ExperimentOrder): Promise<{ readonly id: string; readonly mark: RequestMark }>;
  /** Deleted ones too. @throws SlipwayError `experiment_not_found` */
  get(id: string): Promise<ExperimentJson>;
  /** The active one, else the one that was deleted last. */
  findByName(name: string): Promise<ExperimentJson | null>;
  delete(id: string): Promise<void>;
  restore(id: string): Promise<void>;
  rename(id: string, name: string): Promise<void>;
  setTag(id: string, tag: KeyValue): Promise<void>;
  deleteTag(id: string, key: string): Promise<void>;
}

export interface ExperimentDeps {
  readonly tasks: SqlTasks<typeof module>;
  readonly requests: Requests;
  readonly clock: Clock;
}

export function createExperiments({ tasks, requests, clock }: ExperimentDeps): Experiments {
  return {
    async create({ name, artifactLocation, tags }) {
      checkName(name);
      if (artifactLocation !== null) checkLocation(artifactLocation);
      for (const tag of tags) checkTag(tag);
      const now = clock.now();
      const mark = requests.mark(["experiment", name, artifactLocation, tags], now);
      const id = await tasks.write("createExperiment", { name, artifactLocation, tags, mark, now });
      return { id: String(id), mark };
    },
    get: async (id) => tasks.read("getExperiment", { id: parseExperimentId(id) }),
    findByName: (name) => tasks.read("findExperiment", { name }),
    delete: async (id) => tasks.write("moveExperiment", { id: parseExperimentId(id), to: "deleted", now: clock.now() }),
    restore: async (id) => tasks.write("moveExperiment", { id: parseExperimentId(id), to: "active", now: clock.now() }),
    async rename(id, name) {
      checkName(name);
      await tasks.write("renameExperiment", { id: parseExperimentId(id), name, now: clock.now() });
    },
    async setTag(id, { key, value }) {
      checkTag({ key, value });
      await tasks.write("setExperimentTag", { id: parseExperimentId(id), key, value });
    },
    deleteTag: async (id, key) => tasks.write("deleteExperimentTag", { id: parseExperimentId(id), key }),
  };
}

function checkName(name: string): void {
  if (name === "") throw new SlipwayError("invalid_request", "Invalid experiment name: ''");
  checkLength(name, limits.experimentName, "name");
}

function checkTag({ key, value }: KeyValue): void {
  checkKey(key, "key");
  checkLength(key, limits.key, "key");
  checkLength(value, limits.experimentTagValue, "value");
}

/** A location is where a client will write: one that hides another path in itself is none. */
function checkLocation(location: string): void {
  const problem = location.startsWith("runs:")
    ? `Artifact location cannot be a runs:/ URI. Given: '${location}'`
    : /[#;\u0000-\u001f]/.test(location)
      ? `'artifact_location' URL can't include fragments or params: '${location}'`
      : hasDots(location)
        ? `Invalid artifact_location: '${location}' has '..' in it.`
        : null;
  if (problem !== null) throw new SlipwayError("invalid_request", problem);
}

function hasDots(location: string): boolean {
  let text = location;
  for (let i = 0; i < 3; i++) {
    if (/(^|[/\\?=&])\.\.($|[/\\])/.test(text)) return true;
    text = text.replaceAll(/%(2e|2f|5c|25)/gi, (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16)));
  }
  return false;
}
