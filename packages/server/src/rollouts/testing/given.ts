import type { ManifestRollout } from "@slipway/contract";
import type { Observations } from "../observations.ts";
import { resolveRollout } from "../resolve.ts";
import { toFirstStatus, type Rollout, type RolloutStatus } from "../rollout.ts";
import type { Evidence, Verdict } from "../verdict.ts";

/** A Thursday, at noon. */
export const noon = Date.UTC(2026, 3, 2, 12);
export const minuteMs = 60_000;

export const twoSteps: ManifestRollout = {
  steps: [
    { traffic: "10%", hold: "10m", min_samples: 200 },
    { traffic: "100%", bake: "30m", min_samples: 100 },
  ],
};

export function makeRollout(section: ManifestRollout = twoSteps, status: Partial<RolloutStatus> = {}): Rollout {
  const spec = resolveRollout(section);
  return {
    id: "r",
    endpoint: "flights",
    model: "flights",
    from: 1,
    to: 2,
    strategy: spec.strategy,
    spec,
    settings: null,
    status: { ...toFirstStatus(7), seq: 1, ...status },
    author: "ann",
    message: null,
    createdAt: noon,
    updatedAt: noon,
  };
}

/** At the step, which began at noon. */
export const stepping = (step = 0): Partial<RolloutStatus> => ({ phase: "stepping", step, enteredAt: noon });

export const seeing = (of: Partial<Observations> = {}): Observations => ({
  commands: [],
  ready: true,
  inForce: true,
  revision: 7,
  changedBy: null,
  trouble: null,
  gates: null,
  lookedAt: null,
  samples: 0,
  labels: 0,
  evidence: [],
  ...of,
});

export function showing(metric: string, verdict: Verdict, role: Evidence["role"] = "guardrail"): Evidence {
  const nothing = { estimate: null, interval: null, eValue: null, p: null, alpha: null, window: null };
  return { metric, role, verdict, message: `${metric} is ${verdict}.`, arms: [], ...nothing };
}
