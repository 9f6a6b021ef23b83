import { SlipwayError } from "@slipway/contract/errors";
import type { TaskDb } from "../../platform/sql/index.ts";
import type { KeyValue } from "../key-value.ts";

export type Lifecycle = "active" | "deleted";

export interface ExperimentRow {
  readonly id: number;
  readonly name: string;
  readonly artifact_location: string;
  readonly lifecycle: Lifecycle;
  readonly creation_time: number;
  readonly last_update_time: number;
}

/** As MLflow has it; lists that are empty are left out. */
export interface ExperimentJson {
  readonly experiment_id: string;
  readonly name: string;
  readonly artifact_location: string;
  readonly lifecycle_stage: Lifecycle;
  readonly last_update_time: number;
  readonly creation_time: number;
  readonly tags?: readonly KeyValue[];
}

export const experimentColumns = "id, name, artifact_location, lifecycle, creation_time, last_update_time";

export function toExperimentJson(row: ExperimentRow, tags: readonly KeyValue[]): ExperimentJson {
  return {
    experiment_id: String(row.id),
    name: row.name,
    artifact_location: row.artifact_location,
    lifecycle_stage: row.lifecycle,
    last_update_time: row.last_update_time,
    creation_time: row.creation_time,
    ...(tags.length > 0 && { tags }),
  };
}

/** An id as clients write it; "" is the experiment Default. @throws SlipwayError `invalid_request`, `experiment_not_found` */
export function parseExperimentId(text: string): number {
  if (text === "") return 0;
  if (!/^\s*[-+]?[0-9]+\s*$/.test(text))
    throw new SlipwayError(
      "invalid_request",
      `Invalid experiment ID '${text}'. Experiment ID must be a valid integer.`,
    );
  const id = Number(text);
  if (Number.isSafeInteger(id)) return id;
  throw noExperiment(text.trim());
}

export function noExperiment(id: number | string): SlipwayError {
  return new SlipwayError("experiment_not_found", `No Experiment with id=${id} exists`, { experiment_id: String(id) });
}

/** @throws SlipwayError `experiment_not_found` */
export async function requireExperiment(
  db: TaskDb,
  id: number,
  lifecycle: Lifecycle | "any" = "any",
): Promise<ExperimentRow> {
  const [row] = await db.rows<ExperimentRow>(`select ${experimentColumns} from experiments where id = ?`, [id]);
  if (row === undefined || (lifecycle !== "any" && row.lifecycle !== lifecycle)) throw noExperiment(id);
  return row;
}

/** @throws SlipwayError `precondition_failed` */
export function requireActiveExperiment({ id, lifecycle }: Pick<ExperimentRow, "id" | "lifecycle">): void {
  if (lifecycle !== "active")
    throw new SlipwayError(
      "precondition_failed",
      `The experiment ${id} must be in the 'active' state. Current state is ${lifecycle}.`,
    );
}
