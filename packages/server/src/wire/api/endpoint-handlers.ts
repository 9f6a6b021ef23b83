import type {
  ApplyRequest,
  DeployRequest,
  PromoteRequest,
  RollbackRequest,
  StopRequest,
  TrafficRequest,
} from "@slipway/contract";
import { parseName } from "@slipway/contract";
import type { ChangeResult, Endpoint, Endpoints, WantedTraffic } from "../../endpoints/index.ts";
import type { Clock } from "../../kernel/clock.ts";
import { sendEvents } from "../../platform/http/index.ts";
import type { Operations } from "../../platform/queue/index.ts";
import { toChangeView } from "./change-view.ts";
import { toPageQuery } from "./model-handlers.ts";
import type { ApiRequest, Handlers } from "./register.ts";
import { toEndpointView, toOperationView, toPageView, toRevisionView, toTrafficView } from "./views.ts";

type EndpointRoutes =
  | "listEndpoints"
  | "getEndpoint"
  | "applyEndpoint"
  | "deleteEndpoint"
  | "promote"
  | "rollback"
  | "getTraffic"
  | "setTraffic"
  | "stopEndpoint"
  | "startEndpoint"
  | "listRevisions"
  | "createDeployment"
  | "listOperations"
  | "getOperation"
  | "watchOperation"
  | "cancelOperation";

const by = ({ author, body }: ApiRequest) => ({
  author,
  message: (body as { message?: string } | undefined)?.message ?? null,
});

export function createEndpointHandlers({
  endpoints,
  operations,
  clock,
}: {
  endpoints: Endpoints;
  operations: Operations;
  clock: Clock;
}): Pick<Handlers, EndpointRoutes> {
  const toView = async (endpoint: Endpoint) =>
    toEndpointView(endpoint, endpoints.snapshot(), { now: clock.now(), behind: await endpoints.findBehind(endpoint) });
  const view = ({ endpoint }: ChangeResult) => toView(endpoint);
  const traffic = (endpoint: Endpoint) =>
    toTrafficView(endpoint, endpoints.snapshot(), endpoints.listShadows(endpoint.name));
  const nameOf = ({ params }: ApiRequest) => params["endpoint"]!;
  return {
    listEndpoints: async ({ query }) => {
      const { items, next } = await endpoints.list(toPageQuery(query));
      return { items: await Promise.all(items.map(toView)), next };
    },
    getEndpoint: async (request) => toView(await endpoints.require(nameOf(request))),
    applyEndpoint: async (request) => {
      const { manifest, dry_run } = request.body as ApplyRequest;
      const name = parseName(nameOf(request));
      const result = await endpoints.apply(name, manifest, { dryRun: dry_run ?? false, ...by(request) });
      const { endpoint } = result;
      const changes = result.changes.map(toChangeView);
      return { endpoint: endpoint.name, changed: changes.length > 0, revision: endpoint.revision, changes };
    },
    deleteEndpoint: async (request) => void (await endpoints.undeploy(nameOf(request), by(request))),
    promote: async (request) => {
      const { version, allow_breaking: allowBreaking = false } = request.body as PromoteRequest;
      return view(await endpoints.promote(nameOf(request), version, { ...by(request), allowBreaking }));
    },
    rollback: async (request) => {
      const { to } = request.body as RollbackRequest;
      return view(await endpoints.rollback(nameOf(request), to ?? null, by(request)));
    },
    getTraffic: async (request) => traffic(await endpoints.require(nameOf(request))),
    setTraffic: async (request) => {
      const { allow_breaking: allowBreaking = false, message: _, ...wanted } = request.body as TrafficRequest;
      const name = nameOf(request);
      const isPlain = wanted.arms.length === 0 && !wanted.rules?.length && !wanted.shadows?.length;
      const before = await endpoints.require(name);
      const { endpoint } = isPlain
        ? await endpoints.undivideTraffic(name, by(request))
        : await endpoints.divideTraffic(name, toWanted(wanted), { ...by(request), allowBreaking });
      const gone = isPlain || wanted.rules !== undefined ? [] : listGoneRules(before, endpoint);
      const seen = traffic(endpoint);
      return { ...seen, notes: [...gone, ...seen.notes] };
    },
    stopEndpoint: async (request) => {
      const { fallback = false } = request.body as StopRequest;
      return view(await endpoints.stopServing(nameOf(request), fallback ? "fallback" : "refuse", by(request)));
    },
    startEndpoint: async (request) => view(await endpoints.startServing(nameOf(request), by(request))),
    listRevisions: async (request) =>
      toPageView(await endpoints.listRevisions(nameOf(request), toPageQuery(request.query)), toRevisionView),
    createDeployment: async (request) =>
      toOperationView(await endpoints.deploy(request.body as DeployRequest, request.author)),
    listOperations: async ({ query }) => toPageView(await operations.list(toPageQuery(query)), toOperationView),
    getOperation: async ({ params }) => toOperationView(await operations.get(params["id"]!)),
    cancelOperation: async ({ params }) => toOperationView(await operations.cancel(params["id"]!)),
    watchOperation: async ({ params, reply }) => {
      await operations.get(params["id"]!);
      sendEvents(reply, (send, end) =>
        operations.watch(params["id"]!, (operation) => {
          send(toOperationView(operation));
          if (operation.finishedAt !== null) end();
        }),
      );
    },
  };
}

/** Nobody named them, and their arm is not there any more. */
function listGoneRules(before: Endpoint, { spec }: Endpoint): string[] {
  const names = new Set(spec.traffic.rules.map(({ name }) => name));
  return before.spec.traffic.rules
    .filter(({ name }) => !names.has(name))
    .map(({ name, arm }) => `The rule ${name} is gone with its arm, ${arm}.`);
}

function toWanted({ arms, unit, rules, control, shadows }: TrafficRequest): WantedTraffic {
  return {
    arms,
    ...(unit === undefined ? {} : { unit }),
    ...(rules && { rules: rules.map(({ header = null, field = null, ...rule }) => ({ ...rule, header, field })) }),
    ...(control === undefined ? {} : { control }),
    ...(shadows ? { shadows } : {}),
  };
}
