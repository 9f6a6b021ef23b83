import { canonicalJson, SlipwayError } from "@slipway/contract";
import type { Endpoint, TrafficSettings } from "../endpoints/index.ts";
import type { Clock } from "../kernel/clock.ts";
import type { RolloutEndpoints } from "./ports.ts";
import type { Rollout } from "./rollout.ts";
import { toTraffic, type WantedTraffic } from "./traffic.ts";

export interface Enforcement {
  /** Why the traffic is not as it was asked for; null: it is, or nobody knows yet. */
  trouble(): string | null;
  /** Makes the traffic what the status asks for, unless it is. Never waits for it; a wish that is on its way already is not repeated. */
  apply(rollout: Rollout, endpoint: Endpoint): void;
}

export interface EnforcementDeps {
  readonly endpoints: Pick<RolloutEndpoints, "setTraffic">;
  readonly clock: Clock;
  readonly onDone: () => void;
}

const firstRetryMs = 1_000;
const longestRetryMs = 30_000;

/** Without arms there is nothing to divide: the unit and the seed of what was before mean nothing. */
function canonical({ arms, rules, shadows, ...rest }: TrafficSettings): string {
  const isDivided = arms.length + rules.length + shadows.length > 0;
  return canonicalJson(isDivided ? { arms, rules, shadows, ...rest } : {});
}

export function isInForce({ spec }: Endpoint, { target, traffic }: WantedTraffic): boolean {
  return spec.target?.version === target && canonical(spec.traffic) === canonical(traffic);
}

export function createEnforcement({ endpoints, clock, onDone }: EnforcementDeps): Enforcement {
  let wish: { key: string; failures: number; retryAt: number | null; trouble: string | null } | null = null;

  return {
    trouble: () => wish?.trouble ?? null,
    apply(rollout, endpoint) {
      const wanted = toTraffic(rollout, rollout.status);
      if (isInForce(endpoint, wanted)) {
        wish = null;
        return;
      }
      const key = canonicalJson(wanted);
      // On its way, or about to be tried again.
      if (wish?.key === key && (wish.retryAt === null || clock.now() < wish.retryAt)) return;
      const mine = {
        key,
        failures: wish?.key === key ? wish.failures : 0,
        retryAt: null,
        trouble: wish?.key === key ? wish.trouble : null,
      };
      wish = mine;
      const { traffic, target } = wanted;
      const moves = endpoint.spec.target?.version === target ? {} : { target: { version: target } };
      const by = { author: rollout.author, message: rollout.id };
      void endpoints
        .setTraffic(endpoint.name, { traffic, ...moves, action: "rollout", base: endpoint.revision }, by)
        .then(
          () => {
            if (wish === mine) wish = null;
            onDone();
          },
          (error: unknown) => {
            if (wish !== mine) return;
            // Somebody moved it meanwhile; whose traffic it is now is found at the next look.
            if (error instanceof SlipwayError && error.code === "conflict") {
              wish = null;
              return;
            }
            const failures = mine.failures + 1;
            const waitMs = Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(mine.failures, 10));
            const trouble = error instanceof Error ? error.message : String(error);
            wish = { key, failures, retryAt: clock.now() + waitMs, trouble };
            onDone();
          },
        );
    },
  };
}
