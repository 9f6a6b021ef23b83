import { canonicalJson, SlipwayError } from "@slipway/contract";
import type { Endpoint, TrafficSettings } from "../endpoints/index.ts";
import type { Clock } from "../kernel/clock.ts";
import type { RolloutEndpoints } from "./ports.ts";
import type { Rollout } from "./rollout.ts";
import { toTraffic, type WantedTraffic } from "./traffic.ts";

export interface Enforcement {
  /** Why the traffic is not as it was asked for; null: it is, or nobody knows yet. */
  trouble(): string | null;
  /** A wish was taken back and may be in force by now: only what is read after the next one is done says what serves. */
  isUnsure(): boolean;
  /** Makes the traffic what the status asks for, unless it is. Never waits for it; a wish that is on its way already is not repeated. */
  apply(rollout: Rollout, endpoint: Endpoint): void;
  /** Nothing is wanted any more; what is on its way is taken back. */
  close(): void;
}

export interface EnforcementDeps {
  readonly endpoints: Pick<RolloutEndpoints, "setTraffic">;
  readonly clock: Clock;
  readonly onDone: () => void;
}

const firstRetryMs = 1_000;
const longestRetryMs = 30_000;

/** Without arms there is nothing to divide: the unit and the seed of what was before mean nothing. What callers may send divides nothing. */
function canonical({ unit, seed, arms, rules, shadows }: TrafficSettings): string {
  const isDivided = arms.length + rules.length + shadows.length > 0;
  return canonicalJson(isDivided ? { unit, seed, arms, rules, shadows } : {});
}

export function isInForce({ spec }: Endpoint, { target, traffic }: WantedTraffic): boolean {
  return spec.target?.version === target && canonical(spec.traffic) === canonical(traffic);
}

interface Wish {
  readonly key: string;
  readonly failures: number;
  /** Null: it is on its way. */
  readonly retryAt: number | null;
  readonly trouble: string | null;
  readonly takeBack: AbortController;
}

export function createEnforcement({ endpoints, clock, onDone }: EnforcementDeps): Enforcement {
  let wish: Wish | null = null;
  let isUnsure = false;

  function takeBack(): void {
    // It may be past the place where it could have been stopped.
    if (wish?.retryAt === null) isUnsure = true;
    wish?.takeBack.abort();
    wish = null;
  }

  function fail(mine: Wish, error: unknown): void {
    if (wish !== mine) return;
    // Somebody moved it meanwhile; whose traffic it is now is found at the next look.
    if (error instanceof SlipwayError && error.code === "conflict") {
      wish = null;
      return;
    }
    const failures = mine.failures + 1;
    const waitMs = Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(mine.failures, 10));
    const trouble = error instanceof Error ? error.message : String(error);
    wish = { ...mine, failures, retryAt: clock.now() + waitMs, trouble };
    onDone();
  }

  return {
    trouble: () => wish?.trouble ?? null,
    isUnsure: () => isUnsure,
    apply(rollout, endpoint) {
      const wanted = toTraffic(rollout, rollout.status);
      const key = canonicalJson(wanted);
      if (wish !== null && wish.key !== key) takeBack();
      if (isInForce(endpoint, wanted) && !isUnsure) {
        if (wish?.retryAt !== null) wish = null;
        return;
      }
      // On its way, or about to be tried again.
      if (wish !== null && (wish.retryAt === null || clock.now() < wish.retryAt)) return;
      const { failures = 0, trouble = null } = wish ?? {};
      const mine: Wish = { key, failures, retryAt: null, trouble, takeBack: new AbortController() };
      wish = mine;
      const { traffic, target } = wanted;
      const isMoved = endpoint.spec.target?.version !== target;
      // What came with the promotion goes with it, where that was in force for a moment before it was taken back.
      const how = target === rollout.to ? { settings: rollout.settings ?? null } : { isBack: true };
      const moves = isMoved ? { target: { version: target, ...how } } : {};
      const { signal } = mine.takeBack;
      const order = { traffic, ...moves, action: "rollout", base: endpoint.revision, signal } as const;
      void endpoints.setTraffic(endpoint.name, order, { author: rollout.author, message: rollout.id }).then(
        () => {
          if (wish === mine) [wish, isUnsure] = [null, false];
          onDone();
        },
        (error: unknown) => fail(mine, error),
      );
    },
    close: takeBack,
  };
}
