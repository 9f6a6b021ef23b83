import type { RoutingSnapshot } from "../../endpoints/index.ts";
import type { LoadedVersion } from "../../serving/index.ts";
import { head } from "./lines.ts";

/**
 * The same figures under the names of Triton Inference Server, for dashboards that know those. The time of copying inputs and
 * outputs belongs to the run here, so theirs is 0.
 * https://docs.nvidia.com/deeplearning/triton-inference-server/user-guide/docs/user_guide/metrics.html
 */
export function renderTritonNames({ routes }: RoutingSnapshot): string {
  const serving = [...routes.values()].flatMap(({ endpoint, loaded }) =>
    loaded ? [{ labels: `model="${endpoint}",version="${loaded.version.version}"`, loaded }] : [],
  );
  const each = (name: string, value: (loaded: LoadedVersion) => number) =>
    serving.map(({ labels, loaded }) => `${name}{${labels}} ${value(loaded)}\n`).join("");
  const micros = (ns: number) => Math.round(ns / 1000);
  const failures = ({ stats }: LoadedVersion) => {
    const rejected = Object.values(stats.rejected).reduce((sum, count) => sum + count, 0);
    const { cancelled } = stats;
    return { REJECTED: rejected, CANCELED: cancelled, OTHER: stats.fail.count - rejected - cancelled };
  };
  const reasons = serving
    .flatMap(({ labels, loaded }) =>
      Object.entries(failures(loaded)).map(
        ([reason, count]) => `nv_inference_request_failure{${labels},reason="${reason}"} ${count}\n`,
      ),
    )
    .join("");
  const counter = (name: string, help: string, value: (loaded: LoadedVersion) => number) =>
    head(name, "counter", help) + each(name, value);
  return [
    counter("nv_inference_request_success", "Successful requests", ({ stats }) => stats.success.count),
    head("nv_inference_request_failure", "counter", "Failed requests"),
    reasons,
    counter("nv_inference_count", "Inferences, a batch of n rows counts n", ({ stats }) => stats.inferences),
    counter("nv_inference_exec_count", "Runs of the model", ({ stats }) => stats.executions),
    counter("nv_inference_request_duration_us", "Time of successful requests", ({ stats }) => micros(stats.success.ns)),
    counter("nv_inference_queue_duration_us", "Time in the queue", ({ stats }) => micros(stats.queue.ns)),
    counter("nv_inference_compute_input_duration_us", "Always 0", () => 0),
    counter("nv_inference_compute_infer_duration_us", "Time of their runs", ({ stats }) => micros(stats.compute.ns)),
    counter("nv_inference_compute_output_duration_us", "Always 0", () => 0),
    head("nv_inference_pending_request_count", "gauge", "Requests that have no answer yet"),
    each("nv_inference_pending_request_count", ({ inFlight }) => inFlight),
  ].join("");
}
