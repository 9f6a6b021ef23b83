export { createCompare, type Compare, type CompareDeps, type NewCompare } from "./compare/compare.ts";
export { createEvidence, evidenceMigrations, type EvidenceSource } from "./evidence/index.ts";
export {
  createGateFiles,
  createGates,
  gateMigrations,
  type Gates,
  type GatesDeps,
  type KeptGate,
} from "./gates/index.ts";
export { createCheckStart } from "./check-start.ts";
export { createRollouts, type RolloutsDeps } from "./rollouts.ts";
export type { Need } from "./decide/index.ts";
export { rolloutMigrations } from "./migrations.ts";
export type { NewEvent, RolloutEvent } from "./event.ts";
export { verifyEvents, type ChainCheck } from "./chain.ts";
export { commandKinds, type Command, type CommandKind, type GateResult, type Observations } from "./observations.ts";
export type { RolloutEndpoints, RolloutEvidence, RolloutGates } from "./ports.ts";
export { createRelease } from "./release.ts";
export { resolveRollout } from "./resolve.ts";
export { terminalPhases, type Held, type HeldReason, type Phase, type Rollout, type RolloutStatus } from "./rollout.ts";
export type { Sight } from "./sight.ts";
export type {
  ApproveStep,
  Freeze,
  LimitSpec,
  MetricSource,
  MetricSpec,
  Reaction,
  RolloutSpec,
  ShadowStep,
  Step,
  TrafficStep,
} from "./spec.ts";
export type { Notify, RolloutQuery } from "./store.ts";
export type { Explanation, NextMove, RolloutPlan, Rollouts, StartOrder, Wait } from "./use-cases.ts";
export type { ArmCounts, Evidence, Verdict } from "./verdict.ts";
export type { AbQuestion } from "./report/ab-question.ts";
export { createAbReport, type AbReportDeps, type FindAbReport } from "./report/create-ab-report.ts";
export type { AbReport } from "./report/ab-report.ts";
export type { AbMetric } from "./report/ab-task-input.ts";
export { createForecasts, type Forecast } from "./forecast/index.ts";
export { nameGates } from "./gates/gate.ts";
export { toAnnouncement } from "./tell.ts";
export { toTraffic, type WantedTraffic } from "./traffic.ts";
export { waitsForPerson } from "./waits-for-person.ts";
export { oneLine } from "./one-line.ts";
export { withStrategy } from "./with-strategy.ts";
