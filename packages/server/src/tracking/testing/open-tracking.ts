import type { Clock } from "../../kernel/clock.ts";
import { migrate, type Sql } from "../../platform/sql/index.ts";
import { artifactMigrations, createTracking, trackingMigrations, type RunJson, type Tracking } from "../index.ts";

export const start = Date.UTC(2026, 10, 22);

export interface Opened {
  readonly sql: Sql;
  readonly tracking: Tracking;
  /** The id of a new experiment. */
  experiment(): Promise<string>;
  /** The same database with a server that was started anew. */
  restart(): Tracking;
  run(id: string): Promise<RunJson>;
}

export async function openTracking(open: () => Promise<Sql>): Promise<Opened> {
  const sql = await open();
  await migrate(sql, [...trackingMigrations, ...artifactMigrations]);
  const clock = { now: () => start } as Clock;
  let starts = 0;
  const restart = () => createTracking({ sql, instance: `start-${++starts}`, clock });
  const tracking = restart();
  let experiments = 0;
  return {
    sql,
    tracking,
    restart,
    async experiment() {
      const name = `experiment ${++experiments}`;
      return (await tracking.experiments.create({ name, artifactLocation: null, tags: [] })).id;
    },
    async run(id) {
      const { run } = JSON.parse(new TextDecoder().decode(await tracking.runs.get(id))) as { run: RunJson };
      return run;
    },
  };
}

export const order = { experimentId: "0", userId: "ann", startTime: start, name: "first", tags: [] } as const;

export const metric = { step: 0, timestamp: 0, modelId: null, datasetName: null, datasetDigest: null } as const;

export const batch = { metrics: [], params: [], tags: [] } as const;
