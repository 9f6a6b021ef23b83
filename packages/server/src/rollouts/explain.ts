import { endOfTime, listNeeds, whatFollows } from "./decide/index.ts";
import type { Phase, Rollout } from "./rollout.ts";
import type { Sight } from "./sight.ts";
import type { Explanation, NextMove } from "./use-cases.ts";

const nothingSeen = { lookedAt: null, samples: 0, labels: 0, evidence: [] };

const byPhase: Readonly<Record<Phase, (rollout: Rollout) => NextMove>> = {
  pending: () => ({ kind: "gates" }),
  gating: ({ spec }) => toNext(whatFollows(spec, -1)),
  stepping: ({ spec, status }) => toNext(whatFollows(spec, status.step)),
  promoting: () => ({ kind: "settle" }),
  reporting: () => ({ kind: "settle" }),
  rolling_back: () => ({ kind: "settle" }),
  cancelling: () => ({ kind: "settle" }),
  succeeded: () => ({ kind: "none" }),
  rolled_back: () => ({ kind: "none" }),
  cancelled: () => ({ kind: "none" }),
  rejected: () => ({ kind: "none" }),
  superseded: () => ({ kind: "none" }),
};

function toNext(following: ReturnType<typeof whatFollows>): NextMove {
  return following.kind === "step" ? { kind: "step", step: following.step } : { kind: following.kind };
}

/** Where a rollout stands, by what was seen last. */
export function explain(rollout: Rollout, sight: Sight | null, now: number): Explanation {
  const { status } = rollout;
  const isOfStep = sight !== null && sight.step === status.step;
  const ends = endOfTime(rollout);
  return {
    rollout,
    sight,
    needs: status.phase === "stepping" ? listNeeds(rollout, isOfStep ? sight : nothingSeen, now) : [],
    next: byPhase[status.phase](rollout),
    earliestAt: ends === null || status.phase !== "stepping" ? null : ends.bake,
  };
}
