import { SlipwayError } from "@slipway/contract";
import { checkSignature, createParityCheck, createTrainingAgeCheck } from "./check-version.ts";
import type { GateFiles } from "./gate-files.ts";
import { kindOf, type Check, type GateSpec } from "./gate.ts";
import type { GatesDeps } from "./gates.ts";

export interface ChecksDeps extends GatesDeps {
  readonly files: GateFiles;
}

/** What each gate of `slipway.yaml` looks at. */
export function createChecks(deps: ChecksDeps): (gate: GateSpec) => Check {
  const named: Readonly<Record<string, Check>> = {
    signature: checkSignature,
    training_age: createTrainingAgeCheck(deps.clock),
    parity: createParityCheck(deps),
  };
  return (gate) => {
    const found = named[kindOf(gate)];
    if (found) return found;
    throw new SlipwayError("unimplemented", `The gate ${kindOf(gate)} is not there yet.`);
  };
}
