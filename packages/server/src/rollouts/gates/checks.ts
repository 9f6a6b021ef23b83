import { createComparePair } from "../compare/engine.ts";
import { createBehaviourCheck } from "./check-behaviour.ts";
import { createCommandCheck } from "./check-command.ts";
import { createOfflineCheck, createSlicesCheck } from "./check-file.ts";
import { createLatencyCheck, createShadowCheck } from "./check-requests.ts";
import { checkSignature, createParityCheck, createTrainingAgeCheck } from "./check-version.ts";
import type { GateFiles } from "./gate-files.ts";
import type { Check, GateSpec } from "./gate.ts";
import type { GatesDeps } from "./gates-deps.ts";

export interface ChecksDeps extends GatesDeps {
  readonly files: GateFiles;
}

/** What each gate of `slipway.yaml` looks at. */
export function createChecks(deps: GatesDeps): (gate: GateSpec) => Check {
  const comparePair = createComparePair(deps);
  const onFiles = { ...deps, comparePair };
  const named: Readonly<Record<Extract<GateSpec, string>, Check>> = {
    signature: checkSignature,
    training_age: createTrainingAgeCheck(deps.clock),
    parity: createParityCheck(deps),
    latency: createLatencyCheck(comparePair),
    shadow: createShadowCheck(comparePair),
  };
  return (gate) => {
    if (typeof gate === "string") return named[gate];
    if ("command" in gate) return createCommandCheck(deps, gate);
    if ("offline" in gate) return createOfflineCheck(onFiles, gate.offline);
    if ("slices" in gate) return createSlicesCheck(onFiles, gate.slices);
    if ("behaviour" in gate) return createBehaviourCheck(deps, gate.behaviour);
    if ("latency" in gate) return createLatencyCheck(comparePair, gate.latency);
    return createShadowCheck(comparePair, gate.shadow);
  };
}
