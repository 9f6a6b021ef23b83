import type * as wire from "@slipway/contract";
import type { Evidence, GateResult, LimitSpec, MetricSpec, Rollout, RolloutEvent, Step } from "../../rollouts/index.ts";
import { nameGates, oneLine, terminalPhases, toTraffic, waitsForPerson } from "../../rollouts/index.ts";
import { toTimestamp } from "./views.ts";

/** Beyond it nothing more is said by a larger one; JSON has no infinity. */
const largest = 1e300;

/** Nothing is decided yet. */
const isOnItsWay: ReadonlySet<Rollout["status"]["phase"]> = new Set(["pending", "gating", "stepping"]);

export function toRolloutView(rollout: Rollout): wire.Rollout {
  const { id, endpoint, model, from, to, strategy, spec, status, author, message } = rollout;
  const active = !terminalPhases.has(status.phase);
  const { arms, shadows } = toTraffic(rollout, status).traffic;
  const isWhole = status.phase === "promoting" || status.phase === "succeeded";
  return {
    id,
    endpoint,
    model,
    from,
    to,
    strategy,
    phase: status.phase,
    active,
    step: status.step,
    steps: spec.steps.map(toStepView),
    share: isWhole ? 10_000 : (arms.find(({ name }) => name === "challenger")?.share ?? 0),
    shadow: shadows.find(({ version }) => version === to)?.share ?? 0,
    entered_at: status.enteredAt === null ? null : toTimestamp(status.enteredAt),
    paused: status.paused,
    held: status.held && {
      ...status.held,
      message: oneLine(status.held.message),
      since: toTimestamp(status.held.since),
      for_person: waitsForPerson(rollout),
    },
    verdict: status.verdict,
    reason: isOnItsWay.has(status.phase) || status.reason === null ? null : oneLine(status.reason),
    metrics: toMetricViews(rollout),
    gates: nameGates(spec.gates),
    unit: spec.unit,
    control: spec.control,
    alpha: spec.alpha,
    finish: spec.finish,
    deadline_at: toTimestamp(rollout.createdAt + spec.deadlineMs),
    author,
    message,
    events: status.seq,
    created_at: toTimestamp(rollout.createdAt),
    updated_at: toTimestamp(rollout.updatedAt),
  };
}

function toStepView(step: Step): wire.RolloutStep {
  if (step.kind === "approve") {
    const nothing = { share: null, hold_ms: 0, min_samples: 0, min_labels: 0, prove: false, bake_ms: 0 };
    return { kind: "approve", ...nothing, who: step.who, timeout_ms: step.timeoutMs };
  }
  const { kind, share, holdMs, minSamples, minLabels, prove } = step;
  return {
    kind,
    share,
    hold_ms: holdMs,
    min_samples: minSamples,
    min_labels: minLabels,
    prove,
    bake_ms: step.kind === "traffic" ? step.bakeMs : 0,
    who: null,
    timeout_ms: null,
  };
}

function toMetricViews({ spec }: Rollout): wire.RolloutMetricView[] {
  const { goal, guardrails, signals, limits, observe } = spec;
  return [
    ...(goal === null ? [] : [toMetricView(goal, "goal")]),
    ...guardrails.map((metric) => toMetricView(metric, "guardrail")),
    ...signals.map((metric) => toMetricView(metric, "signal")),
    ...limits.map((metric) => toMetricView(metric, "limit")),
    ...observe.map((metric) => toMetricView(metric, "observe")),
  ];
}

function toMetricView(metric: MetricSpec | LimitSpec, role: wire.RolloutMetricView["role"]): wire.RolloutMetricView {
  const { name, source, tolerate, margin, alpha } = metric;
  return {
    name,
    role,
    kind: source.kind,
    alpha: role === "limit" || role === "observe" ? null : alpha,
    tolerate,
    margin,
    budget_ms: source.kind === "latency" ? source.budgetMs : null,
    min: "min" in metric ? metric.min : null,
    max: "max" in metric ? metric.max : null,
  };
}

export function toEvidenceView(evidence: Evidence): wire.RolloutEvidence {
  const { metric, role, verdict, message, arms, estimate, interval, eValue, p, alpha, window, details } = evidence;
  return {
    metric,
    role,
    verdict,
    message,
    arms: arms.map((arm) => ({ ...arm, mean: finite(arm.mean) })),
    estimate: finite(estimate),
    interval: interval && [finite(interval[0]), finite(interval[1])],
    e_value: eValue === null || Number.isNaN(eValue) ? null : Math.min(eValue, largest),
    p: finite(p),
    alpha,
    window: window && { from: toTimestamp(window[0]), to: toTimestamp(window[1]) },
    ...(details && { details: { ...details } }),
  };
}

function finite(value: number | null): number | null {
  return value === null || Number.isFinite(value) ? value : null;
}

export function toGateView({ gate, verdict, message, evidence }: GateResult): wire.RolloutGate {
  return { gate, verdict, message: oneLine(message), evidence: { ...evidence } };
}

export function toRolloutEventView(event: RolloutEvent): wire.RolloutEvent {
  const { rollout, seq, at, actor, kind, from, to, step, reason, evidence, details, prevHash, hash } = event;
  return {
    rollout,
    seq,
    at: toTimestamp(at),
    actor,
    kind,
    from,
    to,
    step,
    reason,
    evidence: evidence.map(toEvidenceView),
    details: { ...details },
    prev_hash: prevHash,
    hash,
  };
}
