import type { RolloutCommand, RolloutRequest } from "@slipway/contract";
import type * as wire from "@slipway/contract";
import { listFieldNotes, type Endpoints } from "../../endpoints/index.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { Monitoring } from "../../monitoring/index.ts";
import { createForecasts, withStrategy, type RolloutPlan, type Rollouts } from "../../rollouts/index.ts";
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
  readonly endpoints: Pick<Endpoints, "require" | "snapshot">;
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
  async function notesOf({ endpoint, spec }: Pick<RolloutPlan, "endpoint" | "spec">): Promise<string[]> {
    const served = endpoints.snapshot().routes.get(endpoint)?.loaded;
    return served ? listFieldNotes((await endpoints.require(endpoint)).spec, served.signature, spec) : [];
  }
  const idOf = ({ params }: ApiRequest) => params["id"] ?? "";
  return {
    startRollout: async ({ params, body, author }) => {
      const {
        version,
        model,
        rollout,
        strategy,
        allow_breaking,
        supersede,
        dry_run,
        message = null,
      } = body as RolloutRequest;
      const endpoint = params["endpoint"] ?? "";
      const order = {
        endpoint,
        version,
        model,
        supersede,
        section: await sectionOf({ endpoint, rollout, strategy }),
        allowBreaking: allow_breaking ?? false,
      };
      if (dry_run === true) {
        const plan = await rollouts.plan(order);
        return {
          rollout: null,
          plan: toPlanView(plan, await forecast(plan)),
          notes: await notesOf(plan),
        } satisfies wire.RolloutStarted;
      }
      const started = await rollouts.start(order, { author, message });
      return {
        rollout: toRolloutView(started),
        plan: null,
        notes: await notesOf(started),
      } satisfies wire.RolloutStarted;
    },
    listRollouts: async ({ query }) => {
      const { endpoint, state } = query as { endpoint?: string; state?: "active" | "ended" };
      const active = state === undefined ? undefined : state === "active";
      return toPageView(await rollouts.list({ ...toPageQuery(query), endpoint, active }), toRolloutView);
    },
    getRollout: async (request) => toRolloutView(await rollouts.get(idOf(request))),
    listRolloutEvents: async (request) => {
      const id = idOf(request);
      const { after } = request.query as { after?: number };
      const page = await rollouts.listEvents(id, { ...toPageQuery(request.query), after });
      // Once for a reading of all of them; who follows reads the newest.
      const isWhole = page.next === null && after === undefined;
      const intact = isWhole ? (await rollouts.verify(id)).brokenAt === null : null;
      return { ...toPageView(page, toRolloutEventView), intact } satisfies wire.RolloutEventPage;
    },
    explainRollout: async (request) => {
      const id = idOf(request);
      return toExplanationView(await rollouts.explain(id), await rollouts.findDeciding(id));
    },
    commandRollout: async (request) => {
      const { kind, message = null } = request.body as RolloutCommand;
      return toRolloutView(await rollouts.command(idOf(request), kind, { author: request.author, message }));
    },
  };
}
