import type { Endpoint } from "../endpoints/index.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Logger } from "../kernel/logger.ts";
import { decide } from "./decide/index.ts";
import { createEnforcement, isInForce } from "./enforcement.ts";
import { findForeignChange } from "./foreign-change.ts";
import { createLooks } from "./looks.ts";
import { createOnce } from "./once.ts";
import type { Command, GateResult, Observations } from "./observations.ts";
import type { RolloutEndpoints, RolloutEvidence, RolloutGates } from "./ports.ts";
import { terminalPhases, type Rollout, type RolloutStatus } from "./rollout.ts";
import type { Sight } from "./sight.ts";
import type { Found, RolloutStore } from "./store.ts";
import { toTraffic } from "./traffic.ts";

export interface RunnerDeps {
  readonly store: RolloutStore;
  readonly endpoints: RolloutEndpoints;
  readonly evidence: RolloutEvidence;
  readonly gates: RolloutGates;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told of each change that is on record. */
  readonly onChange: (rollout: Rollout) => void;
  /** Called between what is one transaction and what is not: for tests. */
  readonly onStep?: ((step: "observed" | "decided" | "written" | "enforced") => void) | undefined;
}

/** One rollout from now to its end. */
export interface Runner {
  /**
   * Decides by what was seen, writes, and asks for traffic. Waits for no evidence and no load. Resolves with whether it has ended.
   * `mayLook`: a look at the evidence may begin.
   */
  tick(mayLook: boolean): Promise<boolean>;
  sight(): Sight | null;
}

/** The row says what was last seen at least so often while nothing happens. */
const keepSightMs = 10_000;
const askGatesMs = 5_000;

/** What a tick began with. */
interface Read {
  readonly endpoint: Endpoint;
  readonly commands: readonly Command[];
  /** Of the traffic: `Enforcement`. */
  readonly isUnsure: boolean;
}

export function createRunner(id: string, deps: RunnerDeps, wake: () => void): Runner {
  const { store, endpoints, evidence, gates, clock, logger } = deps;
  const looks = createLooks({ evidence, clock, logger, onDone: wake });
  const enforcement = createEnforcement({ endpoints, clock, onDone: wake });
  const beginning = createOnce({ onDone: wake });
  const gating = createOnce({ onDone: () => {}, isRepeated: true });
  let gatesAt = -Infinity;
  let sight: Sight | null = null;
  let sightKeptAt = 0;

  async function observe(rollout: Rollout, { endpoint, commands, isUnsure }: Read): Promise<Observations> {
    const { status } = rollout;
    const look = looks.last(status);
    return {
      commands,
      ready: status.phase !== "pending" || beginning.run(() => evidence.start(rollout)),
      inForce: !isUnsure && isInForce(endpoint, toTraffic(rollout, status)),
      revision: endpoint.revision,
      changedBy: await findForeignChange(endpoints, endpoint, status.revision),
      gates: status.phase === "gating" ? await findGates(rollout) : null,
      trouble: beginning.trouble() ?? gating.trouble() ?? enforcement.trouble(),
      lookedAt: look?.at ?? null,
      samples: look?.samples ?? 0,
      labels: look?.labels ?? 0,
      evidence: look?.evidence ?? [],
    };
  }

  /** They are begun again where somebody cancelled them, or they broke: nothing else would end the waiting. */
  async function findGates(rollout: Rollout): Promise<readonly GateResult[] | null> {
    const now = clock.monotonic();
    if (now - gatesAt >= askGatesMs) {
      gatesAt = now;
      gating.run(() => gates.run(rollout));
    }
    return gates.results(rollout);
  }

  async function write(found: Found, seen: Observations): Promise<Rollout> {
    const { rollout } = found;
    const now = clock.now();
    const { status, events } = decide(rollout, seen, now);
    deps.onStep?.("decided");
    sight = toSight(rollout.status, seen, sight);
    const isNews = events.length > 0 || seen.commands.length > 0 || !isSame(status, rollout.status);
    if (!isNews && now < sightKeptAt + keepSightMs) return rollout;
    sightKeptAt = now;
    const consumed = seen.commands.map((command) => command.id);
    const written = await store.write(found, { status, events, consumed, sight, at: now });
    deps.onStep?.("written");
    if (isNews) deps.onChange(written);
    return written;
  }

  async function end(rollout: Rollout): Promise<true> {
    enforcement.close();
    await evidence.finish(rollout.id);
    await gates.cancel(rollout.id);
    await store.finish(rollout.id);
    return true;
  }

  return {
    sight: () => sight,
    async tick(mayLook) {
      const found = await store.find(id);
      if (found === null) return true;
      if (terminalPhases.has(found.rollout.status.phase)) return end(found.rollout);
      // Asked before the endpoint is read: what is read afterwards has what came of it.
      const isUnsure = enforcement.isUnsure();
      const endpoint = await endpoints.require(found.rollout.endpoint);
      const seen = await observe(found.rollout, { endpoint, isUnsure, commands: await store.listCommands(id) });
      deps.onStep?.("observed");
      const rollout = await write(found, seen);
      if (terminalPhases.has(rollout.status.phase)) return end(rollout);
      enforcement.apply(rollout, endpoint);
      deps.onStep?.("enforced");
      // What was seen belongs to the place before it.
      if (hasMoved(found.rollout.status, rollout.status)) wake();
      if (mayLook && isLookedAt(found.rollout.status, rollout.status, seen)) looks.begin(rollout);
      return false;
    },
  };
}

/** What is seen is kept with each change, and now and then. */
function toSight({ step }: RolloutStatus, seen: Observations, before: Sight | null): Sight {
  const { lookedAt, samples, labels, evidence, inForce, trouble } = seen;
  return { step, lookedAt, samples, labels, evidence, gates: seen.gates ?? before?.gates ?? null, inForce, trouble };
}

/** The candidate answers in a step that has begun, and in the last one's place while a promotion is kept from coming into force. */
function isLookedAt(
  before: RolloutStatus,
  { phase, step, enteredAt }: RolloutStatus,
  { inForce }: Observations,
): boolean {
  if (phase === "stepping") return enteredAt !== null;
  return phase === "promoting" && before.phase === "promoting" && step >= 0 && !inForce;
}

const isSame = (a: RolloutStatus, b: RolloutStatus): boolean => JSON.stringify(a) === JSON.stringify(b);

function hasMoved(from: RolloutStatus, to: RolloutStatus): boolean {
  return from.phase !== to.phase || from.step !== to.step;
}
