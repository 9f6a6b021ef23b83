import type { TaskDb } from "../../platform/sql/index.ts";
import { takeNumbers } from "../counters.ts";
import { requireActiveExperiment, requireExperiment, type Lifecycle } from "../experiments/experiment.ts";
import type { KeyValue } from "../key-value.ts";
import type { RequestMark } from "../requests.ts";
import { renderRun, type RunJson } from "./run-json.ts";
import { requireActiveRun, requireRun, runColumns, toRunInfo, type RunInfoJson, type RunStatus } from "./run.ts";
import { putTags } from "./tags.ts";

export interface NewRun {
  /** 32 hexadecimal digits. */
  readonly id: string;
  readonly experiment: number;
  readonly name: string;
  readonly userId: string;
  readonly startTime: number | null;
  /** The run's name among them. */
  readonly tags: readonly KeyValue[];
  readonly mark: RequestMark;
}

/** The run, or the one that the same request made before. */
export async function createRun(db: TaskDb, run: NewRun): Promise<RunJson> {
  const experiment = await requireExperiment(db, run.experiment);
  requireActiveExperiment(experiment);
  const made = await findRepeated(db, run);
  if (made !== null) return renderRun(db, await requireRun(db, made));
  const n = await takeNumbers(db, "run");
  const { id, name, userId, startTime, mark } = run;
  const uri = `${experiment.artifact_location.replace(/\/$/, "")}/${id}/artifacts`;
  await db.change(
    `insert into runs (${runColumns}, request, instance) values (?, ?, ?, ?, ?, 'RUNNING', ?, null, 'active', ?, ?, ?)`,
    [n, id, experiment.id, name, userId, startTime, uri, mark.request, mark.instance],
  );
  await putTags(db, n, run.tags);
  const { info, data, inputs } = await renderRun(db, await requireRun(db, id));
  return { info, data, inputs };
}

/** Only a start that the caller named, just now, tells one request from another. */
async function findRepeated(db: TaskDb, { experiment, startTime, mark }: NewRun): Promise<string | null> {
  if (startTime === null || startTime < mark.since) return null;
  const rows = await db.rows<{ id: string; request: string; instance: string }>(
    `select id, request, instance from runs
      where experiment_id = ? and lifecycle = 'active' and start_time = ? and status = 'RUNNING'`,
    [experiment, startTime],
  );
  const same = rows.find(
    ({ request, instance }) => request === mark.request && (mark.isRepeated || instance !== mark.instance),
  );
  return same?.id ?? null;
}

export async function getRun(db: TaskDb, { id }: { readonly id: string }): Promise<Uint8Array> {
  const run = await renderRun(db, await requireRun(db, id));
  return new TextEncoder().encode(JSON.stringify({ run }));
}

export interface RunChange {
  readonly id: string;
  /** Null: stays. */
  readonly status: RunStatus | null;
  readonly endTime: number | null;
  readonly name: string | null;
}

export async function updateRun(db: TaskDb, { id, status, endTime, name }: RunChange): Promise<RunInfoJson> {
  const { n } = await requireActiveRun(db, id);
  await db.change(
    "update runs set status = coalesce(?, status), end_time = coalesce(?, end_time), name = coalesce(?, name) where n = ?",
    [status, endTime, name, n],
  );
  if (name !== null) await putTags(db, n, [{ key: "mlflow.runName", value: name }]);
  return toRunInfo(await requireRun(db, id));
}

export interface RunMove {
  readonly id: string;
  readonly to: Lifecycle;
  readonly now: number;
}

export async function moveRun(db: TaskDb, { id, to, now }: RunMove): Promise<void> {
  const { n } = await requireRun(db, id);
  await db.change("update runs set lifecycle = ?, deleted_at = ? where n = ?", [to, to === "deleted" ? now : null, n]);
}
