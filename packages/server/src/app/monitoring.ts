import type { Config } from "../config/index.ts";
import type { Lifecycle } from "../kernel/lifecycle.ts";
import { createMonitoring, type Monitoring, type MonitoringDeps } from "../monitoring/index.ts";

export interface MonitoringGiven extends Omit<MonitoringDeps, "allowPrivate" | "keepProfilesMs"> {
  readonly config: Config;
  readonly lifecycle: Lifecycle;
}

/** Watches from now on what is on record; it ends before what it reads. */
export function openMonitoring({ config, lifecycle, ...deps }: MonitoringGiven): Monitoring {
  const { webhookPrivate: allowPrivate, profileRetention: keepProfilesMs } = config;
  const monitoring = createMonitoring({ ...deps, allowPrivate, keepProfilesMs });
  monitoring.start();
  lifecycle.onStop("monitoring", () => monitoring.stop(), 10_000);
  return monitoring;
}
