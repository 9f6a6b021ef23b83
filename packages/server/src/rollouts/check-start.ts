import { SlipwayError } from "@slipway/contract";
import { findRefusal } from "../platform/outbox/index.ts";
import type { PredictionLake } from "../predictions/index.ts";
import type { CheckSqlInput, Unaskable } from "./check-sql-task.ts";
import type { GateFiles } from "./gates/gate-files.ts";
import type { MetricSpec, RolloutSpec } from "./spec.ts";

export interface CheckStartDeps {
  readonly files: Pick<GateFiles, "require">;
  readonly predictionLake: Pick<PredictionLake, "readViews">;
  /** Addresses of this machine and its networks may be asked, too. */
  readonly allowPrivate: boolean;
}

export interface Startable {
  readonly endpoint: string;
  readonly model: string;
  readonly version: number;
  readonly spec: RolloutSpec;
}

/** What a rollout by this spec could only fail by is said before it begins. @throws SlipwayError `blob_not_found`, `invalid_manifest` */
export type CheckStart = (of: Startable) => Promise<void>;

const sqlTask = new URL(`./check-sql-task${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

export function createCheckStart({ files, predictionLake, allowPrivate }: CheckStartDeps): CheckStart {
  async function requireFiles({ model, version, spec }: Startable): Promise<void> {
    for (const path of spec.gates.flatMap(listFiles)) await files.require({ model, version, path });
  }

  async function requireStatements(endpoint: string, metrics: readonly MetricSpec[]): Promise<void> {
    const statements = metrics.flatMap(({ name, source }) =>
      source.kind === "sql" ? [{ name, sql: source.sql }] : [],
    );
    if (statements.length === 0) return;
    const input: CheckSqlInput = { statements };
    const wrong = await predictionLake.readViews<Unaskable>({ endpoint }, { module: sqlTask, input });
    if (wrong !== null) throw refused(wrong.name, wrong.why);
  }

  async function requireAddresses(metrics: readonly MetricSpec[]): Promise<void> {
    if (allowPrivate) return;
    for (const { name, source } of metrics) {
      const refusal = source.kind === "prometheus" ? await findRefusal(new URL(source.url)) : null;
      if (refusal !== null) throw refused(name, refusal.message);
    }
  }

  return async (of) => {
    await requireFiles(of);
    const metrics = listMetrics(of.spec);
    await requireAddresses(metrics);
    await requireStatements(of.endpoint, metrics);
  };
}

function listMetrics({ goal, guardrails, signals, limits, observe }: RolloutSpec): readonly MetricSpec[] {
  return [...(goal === null ? [] : [goal]), ...guardrails, ...signals, ...limits, ...observe];
}

function listFiles(gate: RolloutSpec["gates"][number]): string[] {
  if (typeof gate === "string") return [];
  if ("offline" in gate) return [gate.offline.data];
  if ("slices" in gate) return [gate.slices.data];
  return "behaviour" in gate ? [gate.behaviour] : [];
}

function refused(name: string, why: string): SlipwayError {
  return new SlipwayError("invalid_manifest", `The metric ${name} of the rollout cannot be asked: ${why}`, {
    metric: name,
  });
}
