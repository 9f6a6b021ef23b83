import { SlipwayError } from "@slipway/contract";
import type { Access } from "../../access/index.ts";
import type { Endpoints, EndpointMetrics } from "../../endpoints/index.ts";
import type { Clock } from "../../kernel/clock.ts";
import { toTrainedAt } from "../../packaging/index.ts";
import type { Monitoring } from "../../monitoring/index.ts";
import type { Http } from "../../platform/http/index.ts";
import type { ProcessMetrics } from "../../platform/telemetry/index.ts";
import type { PredictionLog, Retention } from "../../predictions/index.ts";
import type { Rollouts } from "../../rollouts/index.ts";
import { head } from "./lines.ts";
import { mergeMetrics } from "./merge.ts";
import { renderMonitoring } from "./monitoring.ts";
import { renderRates } from "./rates.ts";
import { renderShadows } from "./shadows.ts";
import { renderRollouts } from "./rollouts.ts";
import { renderTritonNames } from "./triton.ts";
import { renderVersions } from "./versions.ts";

export interface MetricsDeps {
  readonly endpoints: Pick<Endpoints, "snapshot" | "listShadows">;
  readonly predictions: Pick<PredictionLog, "stats">;
  /** Null where another process looks after it. */
  readonly retention: Retention | null;
  readonly process: ProcessMetrics;
  readonly clock: Clock;
}

export { keepCounters, mergeMetrics } from "./merge.ts";

/**
 * `/metrics` in the text format of Prometheus; `?names=triton` has predictions under the names of Triton, `?names=all` both.
 * `others`: what the other processes of this server say of themselves.
 */
export function registerMetrics(
  app: Http,
  {
    others,
    access,
    monitoring,
    rollouts,
    ...deps
  }: MetricsDeps & {
    readonly others: (() => Promise<readonly string[]>) | null;
    /** Of the process that has the buckets of all tokens. */
    readonly access: Pick<Access, "refusedOverRate">;
    /** Of the process that watches. */
    readonly monitoring: Pick<Monitoring, "gauges" | "incidents" | "channels">;
    readonly rollouts: Pick<Rollouts, "list" | "listLastEnded" | "explain">;
  },
): void {
  app.get<{ Querystring: { names?: string } }>("/metrics", { config: { scope: "read" } }, async (request, reply) => {
    const names = parseNames(request.query.names);
    const releases = await renderRollouts({ rollouts, clock: deps.clock });
    const own = (await renderMetrics(deps)) + renderRates(access) + (await renderMonitoring(monitoring)) + releases;
    const text = others === null ? own : mergeMetrics([own, ...(await others())]);
    return reply.header("content-type", "text/plain; version=0.0.4; charset=utf-8").send(pickNames(text, names));
  });
}

const nameChoices = ["slipway", "triton", "all"] as const;
type Names = (typeof nameChoices)[number];

function parseNames(text = "slipway"): Names {
  const found = nameChoices.find((choice) => choice === text);
  if (found) return found;
  throw new SlipwayError("invalid_request", `names is one of ${nameChoices.join(", ")}, got ${JSON.stringify(text)}.`);
}

function pickNames(text: string, names: Names): string {
  if (names === "all") return text;
  const start = "# HELP ";
  const metrics = text.split(start).slice(1);
  return metrics
    .filter((metric) => metric.startsWith("nv_") === (names === "triton"))
    .map((metric) => start + metric)
    .join("");
}

/** All figures are of this process since it started, under all names. */
export async function renderMetrics(deps: MetricsDeps): Promise<string> {
  return (
    renderEndpoints(deps) +
    renderVersions(deps.endpoints.snapshot()) +
    renderShadows(deps.endpoints) +
    renderTritonNames(deps.endpoints.snapshot()) +
    renderAges(deps) +
    renderLog(deps.predictions) +
    (deps.retention ? renderRetention(deps.retention) : "") +
    (await deps.process.render())
  );
}

function renderEndpoints({ endpoints }: MetricsDeps): string {
  const routes = [...endpoints.snapshot().routes.values()];
  const each = (line: (labels: string, metrics: EndpointMetrics) => string) =>
    routes.map((route) => line(`endpoint="${route.endpoint}"`, route.metrics)).join("");
  const requests = each((labels, metrics) =>
    [...metrics.requests]
      .map(([key, count]) => {
        const [version, outcome] = key.split(",");
        return `slipway_requests_total{${labels},version="${version}",outcome="${outcome}"} ${count}\n`;
      })
      .join(""),
  );
  return [
    head("slipway_requests_total", "counter", "Requests that have ended, by version and outcome"),
    requests,
    head("slipway_request_seconds", "histogram", "Time from a parsed header to the record of the answer"),
    each((labels, metrics) => metrics.seconds.render("slipway_request_seconds", labels)),
    head("slipway_batch_rows", "histogram", "Rows of the run that a request was part of"),
    each((labels, metrics) => metrics.batchRows.render("slipway_batch_rows", labels)),
    head("slipway_requests_in_flight", "gauge", "Requests that have begun and not ended"),
    each((labels, metrics) => `slipway_requests_in_flight{${labels}} ${metrics.inFlight}\n`),
    head("slipway_queue_rows", "gauge", "Rows that wait for a run"),
    routes
      .map((route) => `slipway_queue_rows{endpoint="${route.endpoint}"} ${route.loaded?.queuedRows ?? 0}\n`)
      .join(""),
    head("slipway_not_logged_total", "counter", "Answers without a record, as the log could not be written"),
    each((labels, metrics) => `slipway_not_logged_total{${labels}} ${metrics.notLogged}\n`),
  ].join("");
}

function renderAges({ endpoints, clock }: MetricsDeps): string {
  const name = "slipway_model_training_age_seconds";
  const lines = [...endpoints.snapshot().routes.values()].map(({ endpoint, loaded }) => {
    const trainedAt = loaded && toTrainedAt(loaded.version.modelSection);
    if (!loaded || trainedAt === null) return "";
    const { model, version } = loaded.version;
    const labels = `endpoint="${endpoint}",model="${model}",version="${version}"`;
    return `${name}{${labels}} ${(clock.now() - trainedAt) / 1000}\n`;
  });
  return head(name, "gauge", "Time since the serving version was trained, where it says when") + lines.join("");
}

function renderLog(predictions: MetricsDeps["predictions"]): string {
  const { records, bytes, failed, lagMs } = predictions.stats();
  return [
    head("slipway_log_records_total", "counter", "Records written to the prediction log"),
    `slipway_log_records_total ${records}\n`,
    head("slipway_log_bytes_total", "counter", "Bytes written to the prediction log"),
    `slipway_log_bytes_total ${bytes}\n`,
    head("slipway_log_failed_total", "counter", "Records that could not be written"),
    `slipway_log_failed_total ${failed}\n`,
    head("slipway_log_lag_seconds", "gauge", "Age of the oldest record that waits to be written"),
    `slipway_log_lag_seconds ${lagMs / 1000}\n`,
  ].join("");
}

function renderRetention(retention: Retention): string {
  const stores = Object.entries(retention.stats());
  const each = (name: string, value: (stats: (typeof stores)[number][1]) => number) =>
    stores.map(([store, stats]) => `${name}{store="${store}"} ${value(stats)}\n`).join("");
  return [
    head("slipway_retention_removed_files_total", "counter", "Files of predictions that retention took away"),
    each("slipway_retention_removed_files_total", (stats) => stats.removedFiles),
    head("slipway_retention_removed_bytes_total", "counter", "Bytes of predictions that retention took away"),
    each("slipway_retention_removed_bytes_total", (stats) => stats.removedBytes),
    head(
      "slipway_retention_held_bytes",
      "gauge",
      "Bytes that retention left when it last looked; 0 where nothing limits them",
    ),
    each("slipway_retention_held_bytes", (stats) => stats.heldBytes),
  ].join("");
}
