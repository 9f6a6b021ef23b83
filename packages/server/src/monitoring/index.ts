export type { Finding, FindingVerdict, Monitor, Severity } from "./finding.ts";
export { monitoringMigrations } from "./migrations.ts";
export { createMonitoring, type Monitoring, type MonitoringDeps } from "./monitoring.ts";
export type { MonitorSettings } from "./settings.ts";
export type { MonitorViews } from "./view/views.ts";
export type { ListVerdicts, Verdicts } from "./watch/store.ts";
export type { Watched, Window } from "./watched.ts";
