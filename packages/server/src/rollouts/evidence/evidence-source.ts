import type { Signature } from "@slipway/runtime";
import type { Offset } from "@slipway/runtime/log";
import type { Clock } from "../../kernel/clock.ts";
import type { Logger } from "../../kernel/logger.ts";
import type { MonitorSettings, Monitoring } from "../../monitoring/index.ts";
import type { Sql } from "../../platform/sql/index.ts";
import type { PredictionLake, PredictionLog } from "../../predictions/index.ts";
import type { Rollout } from "../rollout.ts";
import type { Evidence } from "../verdict.ts";

export interface EvidenceDeps {
  /** Of the prediction log. */
  readonly logFolder: string;
  readonly sql: Sql;
  readonly log: Pick<PredictionLog, "growing">;
  readonly lake: Pick<PredictionLake, "flush" | "readViews">;
  /** What is known of the champion's latency. */
  readonly profiles: Pick<Monitoring["profiles"], "listMinutes">;
  /** Null: the endpoint is not watched. */
  readonly settingsOf: (endpoint: string) => MonitorSettings | null;
  /** Also of deleted versions; null where there never was one. */
  readonly findSignature: (model: string, version: number) => Promise<Signature | null>;
  /** Prometheus may be at a private address. */
  readonly allowPrivate: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called before each step that a crash may fall between: for tests. */
  readonly onStep?: ((step: string) => Promise<void>) | undefined;
}

export interface Observed {
  /** From when all of it is: rows are measured beside, so that what they say may be from before. */
  readonly at: number;
  /** Rows that the challenger answered in this step, or pairs of its shadow. */
  readonly samples: number;
  /** Labels that have come for them, of cohorts that are due. */
  readonly labels: number;
  /** One for each metric of the spec, in its order, and `srm`. */
  readonly evidence: readonly Evidence[];
}

/** What both versions of a rollout did, counted from the log exactly once, and measured where labels or rows are needed. */
export interface EvidenceSource {
  /** Marks the log's end, from which on it counts, and freezes what must not move meanwhile: the latency budget. Idempotent. */
  start(rollout: Rollout): Promise<void>;
  /** What is known now; the log is read to its end first. What takes rows of the lake is measured beside it, and shown as it was when that was last done. */
  observe(rollout: Rollout, now: number): Promise<Observed>;
  /** Counts all that is on record now. Calls at the same time share a pass that begins after them. */
  refresh(): Promise<void>;
  /** The rollout has ended: it is not counted any more. What was counted stays. Idempotent. */
  finish(rollout: string): Promise<void>;
  /** How far the log has been read, by instance, while a rollout runs: a segment that is not wholly behind it must stay. */
  offsets(): Promise<ReadonlyMap<string, Offset>>;
  /** Resolves when nothing is looked at beside. */
  settled(): Promise<void>;
  close(): Promise<void>;
}
