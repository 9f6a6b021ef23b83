import { SlipwayError } from "@slipway/contract";
import { toGated, type Endpoint } from "../endpoints/index.ts";
import { requireVerified, type Registry } from "../registry/index.ts";
import type { RolloutEndpoints } from "./ports.ts";
import { resolveRollout } from "./resolve.ts";
import type { Phase, Rollout } from "./rollout.ts";
import type { Found, Written } from "./store.ts";
import type { RolloutPlan, StartOrder } from "./use-cases.ts";

export interface PlanDeps {
  readonly endpoints: Pick<RolloutEndpoints, "require" | "checkServe">;
  readonly registry: Pick<Registry, "requireVersion">;
  readonly findActive: (endpoint: string) => Promise<Found | null>;
}

export interface Planned extends RolloutPlan {
  readonly endpointNow: Endpoint;
  readonly active: Found | null;
}

/** What a start would do, or why it may not be. */
export async function planRollout(deps: PlanDeps, order: StartOrder): Promise<Planned> {
  const { endpoint: name, version, section, allowBreaking } = order;
  const endpointNow = await deps.endpoints.require(name);
  const { target } = endpointNow.spec;
  if (target === null)
    throw precondition(
      `${name} serves nothing that a version could be compared with. Send all traffic to it: slipway promote ${name}@${version}.`,
    );
  if (target.version === version) throw precondition(`${name} serves version ${version} already; nothing was begun.`);
  const found = requireVerified(await deps.registry.requireVersion(target.model, version));
  await deps.endpoints.checkServe(name, { version: toGated(found), manifest: null, allowBreaking });
  const active = await deps.findActive(name);
  if (active !== null) requireReplaceable(active.rollout, version);
  return {
    endpoint: name,
    model: target.model,
    from: target.version,
    to: version,
    spec: resolveRollout(section ?? endpointNow.spec.rollout ?? {}),
    supersedes: active?.rollout.id ?? null,
    endpointNow,
    active,
  };
}

const isSettling: ReadonlySet<Phase> = new Set(["promoting", "reporting", "rolling_back", "cancelling"]);

function requireReplaceable({ id, model, to, endpoint, status }: Rollout, version: number): void {
  if (isSettling.has(status.phase))
    throw new SlipwayError(
      "conflict",
      `The rollout ${id} of ${endpoint} is just ending (${status.phase}); begin when it has.`,
      { rollout: id },
    );
  if (to !== version) return;
  throw precondition(
    `${model}@${version} is being released at ${endpoint} already, by the rollout ${id}; "slipway rollout status ${endpoint}" shows it.`,
  );
}

function precondition(message: string): SlipwayError {
  return new SlipwayError("precondition_failed", message);
}

/** What becomes of a rollout when another begins. */
export function toSuperseded({ rollout }: Found, by: Rollout): Written {
  const { status, endpoint } = rollout;
  const reason = `The rollout ${by.id} of ${by.model}@${by.to} took its place at ${endpoint}.`;
  const places = { from: status.phase, to: "superseded", step: status.step } as const;
  const details = { by: by.id };
  return {
    status: { ...status, phase: "superseded", held: null, reason, enteredAt: by.createdAt, seq: status.seq + 1 },
    events: [{ kind: "ended", actor: by.author, ...places, reason, evidence: [], details }],
    consumed: [],
    sight: null,
    at: by.createdAt,
  };
}
