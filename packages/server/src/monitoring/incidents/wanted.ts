import type { MonitorSettings } from "../settings.ts";
import type { Signal } from "./signal.ts";

/** Whether the settings still ask for it: what they do not, no judge speaks of again, and it would never be over. */
export function isWanted(
  { monitor, slice, column, metric }: Signal,
  { drift, slices, groups, metrics, system }: MonitorSettings,
): boolean {
  if (slice !== "" && slices.length === 0) return false;
  if (monitor === "drift.multivariate") return drift.multivariate;
  if (monitor === "drift.input" || monitor === "drift.output") return column === null || !drift.ignore.includes(column);
  if (monitor === "performance.group") return column === null || groups.includes(column);
  if (monitor === "performance.custom") return metric === null || Object.hasOwn(metrics, metric);
  return monitor !== "traffic.stopped" || system.stoppedAfterMs !== null;
}
