import type * as wire from "@slipway/contract";
import type { Evidence, Explanation, Rollout } from "../../rollouts/index.ts";
import { oneLine, terminalPhases, waitsForPerson } from "../../rollouts/index.ts";
import { toEvidenceView, toGateView, toRolloutView } from "./rollout-views.ts";
import { toTimestamp } from "./views.ts";

/** Where a rollout stands in sentences, beside what they are from. @param deciding of one that has ended */
export function toExplanationView(explanation: Explanation, deciding: readonly Evidence[]): wire.RolloutExplanation {
  const { rollout, sight, needs, next, earliestAt } = explanation;
  return {
    rollout: toRolloutView(rollout),
    stands: oneLine(standing(rollout, sight?.trouble ?? null)),
    needs: needs.map((need) => ({ ...need })),
    earliest_at: earliestAt === null ? null : toTimestamp(earliestAt),
    next: { kind: next.kind, step: next.kind === "step" ? next.step : null, message: coming(explanation) },
    trouble: sight === null || sight.trouble === null ? null : oneLine(sight.trouble),
    samples: sight?.samples ?? 0,
    labels: sight?.labels ?? 0,
    evidence: (deciding.length > 0 ? deciding : (sight?.evidence ?? [])).map((each) =>
      toEvidenceView({ ...each, message: oneLine(each.message) }),
    ),
    observed_at: sight === null || sight.lookedAt === null ? null : toTimestamp(sight.lookedAt),
    gates: sight?.gates?.map(toGateView) ?? null,
    commands: commandsFor(rollout),
  };
}

function part(share: number | null): string {
  return `${Number(((share ?? 0) / 100).toFixed(2))} %`;
}

function standing(rollout: Rollout, trouble: string | null): string {
  const { status, to, model, from, endpoint } = rollout;
  const candidate = `${model}@${to}`;
  const ended: Partial<Record<Rollout["status"]["phase"], string>> = {
    succeeded: rollout.spec.finish === "report" ? "It has reported." : `${candidate} serves ${endpoint}.`,
    rolled_back: `${candidate} was taken back; @${from} has all traffic.`,
    cancelled: `It was aborted; @${from} has all traffic.`,
    rejected: `A gate refused ${candidate}; it had no traffic.`,
    superseded: "Somebody else has changed the endpoint; this rollout decides nothing any more.",
    pending: "It is about to begin.",
    gating: isForGates(rollout)
      ? `Its gates did not decide on ${candidate}, and are asked once a rollout: a person skips them or aborts it.`
      : `Its gates look at ${candidate}; it has no traffic yet.`,
    promoting: `${candidate} is about to get all traffic.`,
    reporting: "All traffic is about to go back; nothing was wrong.",
    rolling_back: `${candidate} is being taken back.`,
    cancelling: "It is being aborted.",
  };
  const reason = status.reason === null ? "" : ` ${status.reason}`;
  if (status.phase === "pending" || status.phase === "gating") return `${ended[status.phase] ?? ""}${heldText(status)}`;
  if (status.phase !== "stepping") return `${ended[status.phase] ?? ""}${reason}`;
  const { step, steps, share, shadow } = toRolloutView(rollout);
  const has = shadow > 0 ? `answers ${part(shadow)} for nobody` : `has ${part(share)} of the traffic`;
  const place = `Step ${step + 1} of ${steps.length}: ${candidate} ${has}`;
  if (trouble !== null) return `Step ${step + 1} of ${steps.length}: its traffic is not in force: ${trouble}`;
  if (status.enteredAt === null) return `Step ${step + 1} of ${steps.length}: its traffic is being put in force.`;
  return `${place}.${heldText(status)}`;
}

/** Its gates have spoken, and what they said lets it neither go on nor end. */
function isForGates(rollout: Rollout): boolean {
  const { phase, held, paused } = rollout.status;
  return phase === "gating" && !paused && held?.reason !== "deadline" && waitsForPerson(rollout);
}

function heldText({ paused, held }: Rollout["status"]): string {
  return held !== null ? ` ${held.message}` : paused ? " It is paused." : "";
}

function coming({ rollout, next }: Explanation): string {
  const { model, to, from, spec } = rollout;
  if (next.kind === "step") {
    const step = toRolloutView(rollout).steps[next.step];
    const name = `Step ${next.step + 1} of ${spec.steps.length}`;
    if (step?.kind === "approve")
      return `${name}: ${step.who === "anyone" ? "somebody else than its author" : step.who} has to agree.`;
    const share = part(step?.share ?? null);
    return step?.kind === "shadow"
      ? `${name}: ${model}@${to} answers ${share} for nobody.`
      : `${name}: ${model}@${to} gets ${share} of the traffic.`;
  }
  const texts = {
    gates: "The first step, where all gates pass.",
    promote: `${model}@${to} is promoted: it gets all traffic.`,
    report: `It reports, and @${from} gets all traffic back.`,
    settle: "It ends as soon as the traffic is where it belongs.",
    none: "Nothing: it is over.",
  };
  return texts[next.kind];
}

function commandsFor(rollout: Rollout): string[] {
  const { endpoint, status } = rollout;
  const line = (verb: string) => `slipway rollout ${verb} ${endpoint}`;
  if (terminalPhases.has(status.phase)) return [line("events")];
  const { phase, paused, held } = status;
  if (phase !== "stepping" && phase !== "gating") return [line("status --watch")];
  const isForPerson = held?.reason === "approval";
  if (isForGates(rollout)) return [line("skip-step"), line("promote"), line("abort")];
  return [
    ...(paused ? [line("resume")] : isForPerson ? [line("approve")] : [line("pause")]),
    ...(phase === "stepping" && !isForPerson ? [line("skip-step")] : []),
    line("promote"),
    line("abort"),
  ];
}
