import type { Endpoints, ShadowState } from "../../endpoints/index.ts";
import { head } from "./lines.ts";

/** What was answered once more for nobody: none of it is in the figures of requests. */
export function renderShadows(endpoints: Pick<Endpoints, "snapshot" | "listShadows">): string {
  const shadows = [...endpoints.snapshot().routes.keys()].flatMap((endpoint) =>
    endpoints
      .listShadows(endpoint)
      .map((shadow) => ({ labels: `endpoint="${endpoint}",version="${shadow.version}"`, shadow })),
  );
  const each = (line: (labels: string, shadow: ShadowState) => string) =>
    shadows.map(({ labels, shadow }) => line(labels, shadow)).join("");
  const listed = (name: string, label: string, counts: (shadow: ShadowState) => Iterable<[string, number]>) =>
    each((labels, shadow) =>
      [...counts(shadow)].map(([value, count]) => `${name}{${labels},${label}="${value}"} ${count}\n`).join(""),
    );
  return [
    head("slipway_shadow_requests_total", "counter", "Requests that a shadow answered once more, by outcome"),
    listed("slipway_shadow_requests_total", "outcome", ({ counts }) => counts.outcomes),
    head("slipway_shadow_dropped_total", "counter", "Requests that were drawn for a shadow and dropped, by reason"),
    listed("slipway_shadow_dropped_total", "reason", ({ counts }) => Object.entries(counts.dropped)),
    head("slipway_shadow_queue_rows", "gauge", "Rows that wait for a shadow"),
    each((labels, { waitingRows }) => `slipway_shadow_queue_rows{${labels}} ${waitingRows}\n`),
    head("slipway_shadow_loop_seconds_total", "counter", "Time of the event loop that a shadow took"),
    each((labels, { counts }) => `slipway_shadow_loop_seconds_total{${labels}} ${counts.loopMs / 1000}\n`),
    head("slipway_shadow_ready", "gauge", "Whether a shadow is loaded"),
    each((labels, { state }) => `slipway_shadow_ready{${labels}} ${state === "ready" ? 1 : 0}\n`),
  ].join("");
}
