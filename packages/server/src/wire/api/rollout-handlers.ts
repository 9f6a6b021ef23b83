import type { RolloutCommand, RolloutRequest } from "@slipway/contract";
import type * as wire from "@slipway/contract";
import type { Endpoints } from "../../endpoints/index.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { Monitoring } from "../../monitoring/index.ts";
import { createForecasts, terminalPhases, withStrategy, type Evidence, type Rollouts } from "../../rollouts/index.ts";
import { toPageQuery } from "./model-handlers.ts";
import type { ApiRequest, Handlers } from "./register.ts";
import { toExplanationView } from "./rollout-explanation.ts";
import { toPlanView } from "./rollout-plan-view.ts";
import { toRolloutEventView, toRolloutView } from "./rollout-views.ts";
import { toPageView } from "./views.ts";

type RolloutRoutes =
  | "startRollout"
  | "listRollouts"
  | "getRollout"
  | "listRolloutEvents"
  | "explainRollout"
  | "commandRollout";

export interface RolloutHandlerDeps {
  readonly rollouts: Rollouts;
  readonly endpoints: Pick<Endpoints, "require">;
  readonly monitoring: Monitoring;
  readonly clock: Clock;
}

export function createRolloutHandlers({
  rollouts,
  endpoints,
  ...deps
}: RolloutHandlerDeps): Pick<Handlers, RolloutRoutes> {
  const forecast = createForecasts(deps);
  /** Null: the endpoint's own. */
  async function sectionOf({
    endpoint,
    rollout,
    strategy,
  }: { endpoint: string } & Pick<RolloutRequest, "rollout" | "strategy">) {
    if (strategy === undefined) return rollout ?? null;
    return withStrategy(rollout ?? (await endpoints.require(endpoint)).spec.rollout ?? {}, strategy);
  }
  const idOf = ({ params }: ApiRequest) => params["id"] ?? "";
  return {
    startRollout: async ({ params, body, author }) => {
      const { version, rollout, strategy, allow_breaking, dry_run, message = null } = body as RolloutRequest;
      const endpoint = params["endpoint"] ?? "";
      const order = {
        endpoint,
        version,
        section: await sectionOf({ endpoint, rollout, strategy }),
        allowBreaking: allow_breaking ?? false,
      };
      if (dry_run === true) {
        const plan = await rollouts.plan(order);
        return { rollout: null, plan: toPlanView(plan, await forecast(plan)) } satisfies wire.RolloutStarted;
      }
      const started = await rollouts.start(order, { author, message });
      return { rollout: toRolloutView(started), plan: null } satisfies wire.RolloutStarted;
    },
    listRollouts: async ({ query }) => {
      const { endpoint, state } = query as { endpoint?: string; state?: "active" | "ended" };
      const active = state === undefined ? undefined : state === "active";
      return toPageView(await rollouts.list({ ...toPageQuery(query), endpoint, active }), toRolloutView);
    },
    getRollout: async (request) => toRolloutView(await rollouts.get(idOf(request))),
    listRolloutEvents: async (request) => {
      const id = idOf(request);
      const page = await rollouts.listEvents(id, toPageQuery(request.query));
      const { brokenAt } = await rollouts.verify(id);
      return { ...toPageView(page, toRolloutEventView), intact: brokenAt === null } satisfies wire.RolloutEventPage;
    },
    explainRollout: async (request) => {
      const id = idOf(request);
      return toExplanationView(await rollouts.explain(id), await findDeciding(rollouts, id));
    },
    commandRollout: async (request) => {
      const { kind, message = null } = request.body as RolloutCommand;
      return toRolloutView(await rollouts.command(idOf(request), kind, { author: request.author, message }));
    },
  };
}

const mostEvents = 1000;

/** What one that has ended was decided by; nothing of one that has not. */
async function findDeciding(rollouts: Rollouts, id: string): Promise<readonly Evidence[]> {
  if (!terminalPhases.has((await rollouts.get(id)).status.phase)) return [];
  const { items } = await rollouts.listEvents(id, { limit: mostEvents, cursor: null });
  return items.findLast(({ evidence }) => evidence.length > 0)?.evidence ?? [];
}
