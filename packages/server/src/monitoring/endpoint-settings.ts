import type { Endpoints } from "../endpoints/index.ts";
import { toMonitorSettings, type MonitorSettings } from "./settings.ts";

/** Null: the endpoint is not watched. */
export type SettingsOf = (endpoint: string) => MonitorSettings | null;

/** Settings are made once for each state of the routes. An endpoint that is not in them is watched as if it had no section. */
export function createEndpointSettings(endpoints: Endpoints): SettingsOf {
  const known = new WeakMap<object, MonitorSettings>();
  const otherwise = toMonitorSettings({});
  return (endpoint) => {
    const section = endpoints.snapshot().routes.get(endpoint)?.spec.monitor;
    if (section === undefined) return otherwise;
    if (section === "off") return null;
    const made = known.get(section) ?? toMonitorSettings(section);
    if (made !== null) known.set(section, made);
    return made;
  };
}
