import { SlipwayError, type LabelBody, type LabelImportRequest, type LabelRequest } from "@slipway/contract";
import type * as wire from "@slipway/contract";
import type { Endpoint, Endpoints } from "../../endpoints/index.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { Labels, ListedLabel, PullState } from "../../predictions/index.ts";
import { toPageQuery } from "./model-handlers.ts";
import type { ApiRequest, Handlers } from "./register.ts";
import { parseSince } from "./since.ts";
import { toOperationView, toPageView, toTimestamp } from "./views.ts";

type LabelRoutes = "createLabels" | "listLabels" | "getLabelSummary" | "importLabels" | "pullLabels";

/** Says who labels where nobody else is named. */
const api = "api";

export interface LabelHandlerDeps {
  readonly labels: Labels;
  readonly endpoints: Endpoints;
  readonly clock: Clock;
}

export function createLabelHandlers({ labels, endpoints, clock }: LabelHandlerDeps): Pick<Handlers, LabelRoutes> {
  const requireEndpoint = ({ params }: ApiRequest) => endpoints.require(params["endpoint"]!);
  return {
    createLabels: async (request) => {
      const { name } = await requireEndpoint(request);
      const { labels: list, ambiguous = "none", resolve = true } = toRequest(request.body as LabelBody);
      return labels.add({ endpoint: name, labels: list, ambiguous, resolve, source: request.author ?? api });
    },
    listLabels: async (request) => {
      const { name } = await requireEndpoint(request);
      const { query } = request;
      const since = query["since"] as string | undefined;
      const page = await labels.list({
        ...toPageQuery(query),
        endpoint: name,
        since: since === undefined ? undefined : parseSince(since, clock.now()),
        prediction: query["prediction"] as string | undefined,
        key: query["key"] as string | undefined,
      });
      return toPageView(page, (label) => toLabelView(name, label));
    },
    getLabelSummary: async (request) => {
      const endpoint = await requireEndpoint(request);
      const { sql } = endpoint.spec.labels;
      const found = await labels.summary(endpoint.name);
      return {
        endpoint: endpoint.name,
        labels: found.labels,
        predictions_labelled: found.labelled,
        unknown: found.unknown,
        ambiguous: found.ambiguous,
        corrected: found.corrected,
        latest_observed_at: found.latestObservedAt === null ? null : toTimestamp(found.latestObservedAt),
        pull: sql && toPullView(sql, await labels.pulls.find(endpoint.name, sql)),
      } satisfies wire.LabelSummary;
    },
    importLabels: async (request) => {
      const { name } = await requireEndpoint(request);
      const wanted = request.body as LabelImportRequest;
      return toOperationView(await labels.import(name, wanted, request.author ?? api));
    },
    pullLabels: async (request) => {
      const { name, sql } = requireSql(await requireEndpoint(request));
      return toOperationView(await labels.pulls.pull(name, sql));
    },
  };
}

function toRequest(body: LabelBody): LabelRequest {
  if (Array.isArray(body)) return { labels: body };
  return "labels" in body ? body : { labels: [body] };
}

function requireSql({ name, spec }: Endpoint) {
  const { sql } = spec.labels;
  if (sql) return { name, sql };
  throw new SlipwayError(
    "precondition_failed",
    `${name} pulls labels from nowhere: say where under "labels.sql" of its slipway.yaml, then "slipway apply".`,
  );
}

function toLabelView(endpoint: string, label: ListedLabel): wire.Label {
  const { prediction, key } = label;
  return { endpoint, prediction, key, ...toPredictionLabelView(label) };
}

export function toPredictionLabelView(label: ListedLabel): wire.PredictionLabel {
  const { id, value, number, source } = label;
  const times = { observed_at: toTimestamp(label.observedAt), received_at: toTimestamp(label.receivedAt) };
  return { id, value, number, ...times, source };
}

function toPullView(
  { source, everyMs }: NonNullable<Endpoint["spec"]["labels"]["sql"]>,
  state: PullState | null,
): wire.LabelPull {
  const time = (ms: number | null | undefined) => (ms === null || ms === undefined ? null : toTimestamp(ms));
  return {
    source,
    every_ms: everyMs,
    last_at: time(state?.lastAt),
    rows: state?.pulled ?? null,
    stored: state?.stored ?? null,
    watermark: time(state?.watermark),
    error: state?.error ?? null,
    next_at: time(state === null ? null : Math.min(state.nextAt, (state.lastAt ?? 0) + everyMs)),
  };
}
