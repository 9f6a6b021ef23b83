import { SlipwayError } from "@slipway/contract/errors";
import type { TaskDb } from "../../platform/sql/index.ts";
import type { Lifecycle } from "../experiments/experiment.ts";

export type RunStatus = "RUNNING" | "SCHEDULED" | "FINISHED" | "FAILED" | "KILLED";

export interface RunRow {
  readonly n: number;
  readonly id: string;
  readonly experiment_id: number;
  readonly name: string;
  readonly user_id: string;
  readonly status: RunStatus;
  readonly start_time: number | null;
  readonly end_time: number | null;
  readonly lifecycle: Lifecycle;
  readonly artifact_uri: string;
}

export const runColumns =
  "n, id, experiment_id, name, user_id, status, start_time, end_time, lifecycle, artifact_uri" as const;

/** MLflow's JSON of a run without what was logged. */
export interface RunInfoJson {
  readonly run_uuid: string;
  readonly experiment_id: string;
  readonly run_name: string;
  readonly user_id: string;
  readonly status: RunStatus;
  readonly start_time: number;
  readonly end_time?: number;
  readonly artifact_uri: string;
  readonly lifecycle_stage: Lifecycle;
  readonly run_id: string;
}

export function toRunInfo(row: RunRow): RunInfoJson {
  return {
    run_uuid: row.id,
    experiment_id: String(row.experiment_id),
    run_name: row.name,
    user_id: row.user_id,
    status: row.status,
    start_time: row.start_time ?? 0,
    ...(row.end_time !== null && { end_time: row.end_time }),
    artifact_uri: row.artifact_uri,
    lifecycle_stage: row.lifecycle,
    run_id: row.id,
  };
}

/** Deleted ones too. @throws SlipwayError `run_not_found` */
export async function requireRun(db: TaskDb, id: string): Promise<RunRow> {
  const [row] = await db.rows<RunRow>(`select ${runColumns} from runs where id = ?`, [id]);
  if (row) return row;
  throw noRun(id);
}

function noRun(id: string): SlipwayError {
  return new SlipwayError("run_not_found", `Run with id=${id} not found`, { run_id: id });
}

/** What those who log to a run need of it. */
export interface RunKey {
  readonly n: number;
  readonly experiment_id: number;
  readonly lifecycle: Lifecycle;
}

/** @throws SlipwayError `run_not_found`, `precondition_failed` where it is deleted */
export async function requireActiveRun(db: TaskDb, id: string): Promise<RunKey> {
  const [row] = await db.rows<RunKey>("select n, experiment_id, lifecycle from runs where id = ?", [id]);
  if (!row) throw noRun(id);
  if (row.lifecycle !== "active")
    throw new SlipwayError(
      "precondition_failed",
      `The run ${id} must be in the 'active' state. Current state is ${row.lifecycle}.`,
      { run_id: id },
    );
  return row;
}
