import type { Lifecycle } from "../kernel/lifecycle.ts";
import { createMonitoring, type Monitoring, type MonitoringDeps } from "../monitoring/index.ts";

export interface MonitoringGiven extends MonitoringDeps {
  readonly lifecycle: Lifecycle;
}

/** Watches from now on what is on record; it ends before what it reads. */
export function openMonitoring({ lifecycle, ...deps }: MonitoringGiven): Monitoring {
  const monitoring = createMonitoring(deps);
  monitoring.start();
  lifecycle.onStop("monitoring", () => monitoring.stop(), 10_000);
  return monitoring;
}
