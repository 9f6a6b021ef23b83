import type { RoutingSnapshot } from "../../endpoints/index.ts";
import type { LoadedVersion } from "../../serving/index.ts";
import { head } from "./lines.ts";

type Line = (labels: string, loaded: LoadedVersion) => string;

/** Queue, batches and refusals of the versions that serve, each since it was loaded. */
export function renderVersions({ routes }: RoutingSnapshot): string {
  const serving = [...routes.values()].flatMap(({ endpoint, loaded }) =>
    loaded ? [{ labels: `endpoint="${endpoint}",version="${loaded.version.version}"`, loaded }] : [],
  );
  const each = (line: Line) => serving.map(({ labels, loaded }) => line(labels, loaded)).join("");
  const one = (name: string, value: (loaded: LoadedVersion) => number) =>
    each((labels, loaded) => `${name}{${labels}} ${value(loaded)}\n`);
  const byReason = (name: string, counts: (loaded: LoadedVersion) => Readonly<Record<string, number>>) =>
    each((labels, loaded) =>
      Object.entries(counts(loaded))
        .map(([reason, count]) => `${name}{${labels},reason="${reason}"} ${count}\n`)
        .join(""),
    );
  return [
    head("slipway_queue_seconds", "histogram", "Wait of a request for its run"),
    each((labels, { stats }) => stats.queueSeconds.render("slipway_queue_seconds", labels)),
    head("slipway_run_rows", "histogram", "Rows of a run"),
    each((labels, { stats }) => stats.runRows.render("slipway_run_rows", labels)),
    head("slipway_runs_total", "counter", "Runs of the model, by what made them begin"),
    byReason("slipway_runs_total", ({ stats }) => stats.dispatched),
    head("slipway_run_seconds_total", "counter", "Time of all runs"),
    one("slipway_run_seconds_total", runSeconds),
    head("slipway_run_predicted_seconds_total", "counter", "Time that all runs were expected to take"),
    one("slipway_run_predicted_seconds_total", ({ stats }) => stats.predictedMs / 1000),
    head("slipway_run_prediction_error_seconds_total", "counter", "By how much that was wrong, either way, run by run"),
    one("slipway_run_prediction_error_seconds_total", ({ stats }) => stats.errorMs / 1000),
    head("slipway_run_row_limit", "gauge", "Most rows of a run, as far as the times of runs are known"),
    one("slipway_run_row_limit", ({ rowLimit }) => rowLimit),
    head("slipway_rejected_total", "counter", "Requests refused before they waited"),
    byReason("slipway_rejected_total", ({ stats }) => stats.rejected),
    head("slipway_expired_total", "counter", "Requests whose deadline passed before their answer"),
    one("slipway_expired_total", ({ stats }) => stats.expired),
    head("slipway_cancelled_total", "counter", "Requests whose callers went away"),
    one("slipway_cancelled_total", ({ stats }) => stats.cancelled),
    head("slipway_replicas", "gauge", "Copies of the version"),
    one("slipway_replicas", ({ replicas }) => replicas.total),
    head("slipway_replicas_ready", "gauge", "Copies of the version that can run"),
    one("slipway_replicas_ready", ({ replicas }) => replicas.ready),
  ].join("");
}

function runSeconds({ stats }: LoadedVersion): number {
  let ns = 0;
  for (const ofSize of stats.batches.values()) ns += ofSize.ns;
  return ns / 1e9;
}
