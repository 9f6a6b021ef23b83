import { createHash } from "node:crypto";
import { canonicalJson, SlipwayError } from "@slipway/contract";
import { toGated, type Authorship, type Endpoint, type EndpointSettings } from "../endpoints/index.ts";
import type { Clock } from "../kernel/clock.ts";
import { createId } from "../kernel/ids.ts";
import { requireVerified, type Registry } from "../registry/index.ts";
import type { CheckStart } from "./check-start.ts";
import type { RolloutEndpoints } from "./ports.ts";
import { resolveRollout } from "./resolve.ts";
import type { NewEvent } from "./event.ts";
import { toFirstStatus, type Phase, type Rollout } from "./rollout.ts";
import type { Found, RolloutStore, Written } from "./store.ts";
import type { RolloutPlan, StartOrder } from "./use-cases.ts";

export interface StartDeps {
  readonly endpoints: Pick<RolloutEndpoints, "require" | "checkServe">;
  readonly registry: Pick<Registry, "requireVersion">;
  readonly store: Pick<RolloutStore, "findActive" | "insert">;
  readonly checkStart: CheckStart;
  readonly clock: Clock;
}

interface Planned extends RolloutPlan {
  readonly endpointNow: Endpoint;
  readonly active: Found | null;
}

/** What a start would do, or why it may not be. */
export async function planRollout(deps: StartDeps, order: StartOrder): Promise<Planned> {
  const { endpoint: name, version, section, allowBreaking, settings = null } = order;
  const endpointNow = await deps.endpoints.require(name);
  const { target } = endpointNow.spec;
  if (target === null)
    throw precondition(
      `${name} serves nothing that a version could be compared with. Send all traffic to it: slipway promote ${name}@${version}.`,
    );
  if (order.model !== undefined && order.model !== target.model)
    throw precondition(
      `${name} serves versions of ${target.model}, and ${order.model}@${version} is none; a rollout compares versions of one model. Release a version of ${target.model}, or name an endpoint of ${order.model}: --endpoint NAME.`,
      { endpoint: name, model: order.model, served: target.model },
    );
  if (target.version === version) throw precondition(`${name} serves version ${version} already; nothing was begun.`);
  const found = requireVerified(await deps.registry.requireVersion(target.model, version));
  await deps.endpoints.checkServe(name, { version: toGated(found), manifest: settings, allowBreaking });
  const active = await deps.store.findActive(name);
  if (active !== null) requireReplaceable(active.rollout, version);
  const resolved = resolveRollout(section ?? endpointNow.spec.rollout ?? {});
  const spec = allowBreaking ? { ...resolved, allowBreaking } : resolved;
  await deps.checkStart({ endpoint: name, model: target.model, version, spec });
  return {
    endpoint: name,
    model: target.model,
    from: target.version,
    to: version,
    spec,
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

/** @throws SlipwayError `conflict` */
function requireSupersede({ active }: Planned, { supersede = false, version }: StartOrder): void {
  if (active === null || supersede) return;
  const { id, model, to, endpoint } = active.rollout;
  throw new SlipwayError(
    "conflict",
    `The rollout ${id} of ${model}@${to} is under way at ${endpoint}, and one of ${model}@${version} would end it. Let it end ("slipway rollout status ${endpoint}"), abort it, or say that this one is to take its place: --supersede.`,
    { rollout: id },
  );
}

function precondition(message: string, details: Record<string, unknown> = {}): SlipwayError {
  return new SlipwayError("precondition_failed", message, details);
}

/** What becomes of a rollout when another begins. */
function toSuperseded({ rollout }: Found, by: Rollout): Written {
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

export interface Begun {
  readonly begun: Rollout;
  /** The one whose place it took. */
  readonly superseded: string | null;
}

const mostTries = 5;

/** What it takes the place of goes on until the transaction: where that has moved meanwhile, it is looked at again. */
export async function beginRollout(deps: StartDeps, order: StartOrder, by: Authorship): Promise<Begun> {
  for (let tries = 1; ; tries++) {
    const planned = await planRollout(deps, order);
    requireSupersede(planned, order);
    const begun = toRollout({ ...planned, settings: order.settings ?? null }, by, deps.clock.now());
    const over = planned.active && { found: planned.active, written: toSuperseded(planned.active, begun) };
    try {
      await deps.store.insert(begun, toStarted(begun), over);
      return { begun, superseded: planned.supersedes };
    } catch (error) {
      const isConflict = error instanceof SlipwayError && error.code === "conflict";
      if (!isConflict || tries === mostTries) throw error;
    }
  }
}

function toRollout(
  { endpoint, model, from, to, spec, settings, endpointNow }: Planned & { readonly settings: EndpointSettings | null },
  by: Authorship,
  now: number,
): Rollout {
  return {
    id: createId(),
    endpoint,
    model,
    from,
    to,
    strategy: spec.strategy,
    spec,
    settings,
    status: { ...toFirstStatus(endpointNow.revision), seq: 1 },
    author: by.author,
    message: by.message,
    createdAt: now,
    updatedAt: now,
  };
}

function toStarted({ model, from, to, endpoint, spec, settings, author, message, status }: Rollout): NewEvent {
  const hash = (json: object) => createHash("sha256").update(canonicalJson(json)).digest("hex");
  const { phase, step, revision } = status;
  return {
    kind: "started",
    actor: author,
    from: phase,
    to: phase,
    step,
    reason: `${model}@${to} is to take the place of ${model}@${from} at ${endpoint}: ${spec.strategy}${message === null ? "" : ` (${message})`}.`,
    evidence: [],
    details: {
      from,
      to,
      strategy: spec.strategy,
      spec_hash: hash(spec),
      revision,
      ...(settings && { settings_hash: hash(settings) }),
    },
  };
}
