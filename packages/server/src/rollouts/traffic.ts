import type { Arm, TrafficSettings } from "../endpoints/index.ts";
import { challenger, control, controlFrom } from "./arms.ts";
import type { Phase, Rollout, RolloutStatus } from "./rollout.ts";
import { whole } from "./share.ts";
import type { RolloutSpec } from "./spec.ts";

/** What an endpoint is to do: which version is its target, and how its traffic is divided. */
export interface WantedTraffic {
  readonly target: number;
  readonly traffic: TrafficSettings;
}

const undivided: TrafficSettings = { unit: null, seed: "", arms: [], rules: [], shadows: [] };

type Given = Pick<Rollout, "id" | "from" | "to" | "spec">;

const champion = ({ from }: Given): WantedTraffic => ({ target: from, traffic: undivided });
const candidate = ({ to }: Given): WantedTraffic => ({ target: to, traffic: undivided });

const byPhase: Readonly<Record<Phase, (rollout: Given, status: RolloutStatus) => WantedTraffic>> = {
  pending: champion,
  gating: champion,
  stepping: ({ id, from, to, spec }, { step }) => ({
    target: from,
    traffic: { unit: spec.unit, seed: id, ...toDivision({ from, to, spec }, step) },
  }),
  promoting: candidate,
  succeeded: candidate,
  reporting: champion,
  rolling_back: champion,
  rolled_back: champion,
  cancelling: champion,
  cancelled: champion,
  rejected: champion,
  superseded: champion,
};

/** What traffic a status asks for. Of one that has ended nothing is asked any more. */
export function toTraffic(rollout: Given, status: RolloutStatus): WantedTraffic {
  return byPhase[status.phase](rollout, status);
}

/** Of a step; one for approval leaves what was before it. */
function toDivision(
  { from, to, spec }: Omit<Given, "id">,
  step: number,
): Pick<TrafficSettings, "arms" | "rules" | "shadows"> {
  const lasting = spec.steps.slice(0, step + 1).findLast(({ kind }) => kind !== "approve");
  if (lasting === undefined || lasting.kind === "approve") return { arms: [], rules: [], shadows: [] };
  const { kind, share } = lasting;
  if (kind === "shadow") return { arms: [], rules: [], shadows: [{ version: to, share }] };
  const arms: Arm[] = [{ name: challenger, version: to, from: 0, share }];
  if (hasControl(spec, share)) arms.push({ name: control, version: from, from: controlFrom, share });
  return { arms, rules: spec.rules, shadows: [] };
}

/** Beside all of the traffic there is no room for one. */
function hasControl(spec: RolloutSpec, share: number): boolean {
  return spec.control === "equal" && share > 0 && share < whole;
}
