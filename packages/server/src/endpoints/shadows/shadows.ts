import type { ErrorCode, SlipwayError } from "@slipway/contract";
import { createHashUnit } from "@slipway/statistics";
import type { PredictionLog } from "../../predictions/index.ts";
import { toLoadSettings, type EndpointSpec } from "../endpoint.ts";
import type { Journey } from "../journey.ts";
import { createHeldShadow, type HeldDeps, type HeldShadow, type ShadowState } from "./held-shadow.ts";
import { createLoopBudget } from "./loop-budget.ts";
import { toShadowSettings } from "./shadow-settings.ts";
import { shadowLimits, type ShadowLimits } from "./shadow-limits.ts";

export interface ShadowsDeps extends Omit<HeldDeps, "limits" | "budget" | "predictions"> {
  readonly predictions: Pick<PredictionLog, "append" | "onRotate">;
  readonly limits?: ShadowLimits;
}

/** Versions that answer a sample of the requests once more, after the answer, for nobody. */
export interface Shadows {
  /** Of a request that is over and on record, and how it failed. Costs next to nothing, whatever becomes of it. */
  offer(journey: Journey, error: SlipwayError | null): void;
  /** Brings what is loaded to what an endpoint's state in force asks for. Nobody waits for it, and nothing of it throws. */
  follow(endpoint: string, spec: EndpointSpec): void;
  /** Of one endpoint, in the order of its versions. */
  list(endpoint: string): readonly ShadowState[];
  /** Lets go of everything; what still runs is the serving's to end. */
  close(): void;
}

/** Independent of what divides the traffic; the same for all shadows of a process, so that several of them repeat the same requests. */
const draw = createHashUnit("slipway/shadow");

/** All shadows of a process together may have a tenth of the event loop's time, and a twentieth of a second at once. */
const loopShare = { share: 0.1, mostMs: 50 };

/** Of requests that were turned away, nothing could be learned; pressure is no time for more work. */
const passedOver: ReadonlySet<ErrorCode> = new Set(["overloaded", "rate_limited", "cancelled", "shutting_down"]);

export function createShadows(deps: ShadowsDeps): Shadows {
  const { predictions, limits = shadowLimits } = deps;
  const budget = createLoopBudget(loopShare);
  const held = new Map<string, readonly HeldShadow[]>();
  const stopListening = predictions.onRotate(() => {
    for (const shadows of held.values()) for (const shadow of shadows) shadow.repeater.letGo();
  });

  function toWanted({ target, traffic, serve, stop }: EndpointSpec) {
    if (!target || stop !== null) return [];
    const settings = toShadowSettings(toLoadSettings(serve));
    return traffic.shadows.map(({ version, share }) => ({ model: target.model, version, share, settings }));
  }

  return {
    offer(journey, error) {
      const { endpoint, spec } = journey.route;
      if (spec.traffic.shadows.length === 0 || journey.call.version !== null) return;
      if (error !== null && passedOver.has(error.code)) return;
      const shadows = held.get(endpoint);
      if (shadows === undefined) return;
      const bucket = draw(journey.id);
      for (const { share, version, repeater } of shadows)
        if (bucket < share && journey.loaded?.version.version !== version) repeater.offer(journey);
    },
    follow(endpoint, spec) {
      const before = held.get(endpoint) ?? [];
      const now = toWanted(spec).map((wanted) => {
        const there = before.find((shadow) => shadow.isFor(wanted));
        if (there === undefined) return createHeldShadow({ ...deps, budget, limits }, wanted);
        there.share = wanted.share;
        return there;
      });
      if (now.length === 0) held.delete(endpoint);
      else held.set(endpoint, now);
      for (const shadow of before) if (!now.includes(shadow)) void shadow.close();
    },
    list: (endpoint) => (held.get(endpoint) ?? []).map((shadow) => shadow.state()),
    close() {
      stopListening();
      for (const shadow of [...held.values()].flat()) void shadow.close();
      held.clear();
    },
  };
}
