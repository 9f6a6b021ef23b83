import type { MonitorWindow } from "@slipway/contract";
import { quantilesOf } from "@slipway/statistics";
import type { Profile } from "../profiles/index.ts";

export type WindowTraffic = Pick<Profile, "rows" | "requests" | "errors" | "fallbacks" | "latency">;

/** `traffic`: null where there was none. */
export function toWindowView(
  { from, to }: { readonly from: number; readonly to: number },
  traffic: WindowTraffic | null,
): MonitorWindow {
  const [p50, p90, p99] = traffic === null ? [] : quantilesOf(traffic.latency, [0.5, 0.9, 0.99]);
  const isTimed = p50 !== undefined && p90 !== undefined && p99 !== undefined && Number.isFinite(p50);
  return {
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    rows: traffic?.rows ?? 0,
    requests: traffic?.requests ?? 0,
    errors: traffic?.errors ?? 0,
    fallbacks: traffic?.fallbacks ?? 0,
    latency: isTimed ? { p50, p90, p99 } : null,
  };
}
