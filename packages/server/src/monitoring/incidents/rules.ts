import type { Monitor } from "../finding.ts";

/** What a monitor speaks of, in the order in which one explains the other. */
export type Family = "traffic" | "data" | "system" | "performance" | "labels" | "drift";

export interface Rule {
  readonly family: Family;
  /**
   * When failing windows make an alarm: `each`: one is enough; `critical`: one that is critical is; `settings`: `drift.windows`,
   * k of the last m.
   */
  readonly windows: "each" | "critical" | "settings";
  /** Looked at every minute (`systemPulse`), not when a window ends; windows of the latter do not count. */
  readonly live: boolean;
}

/** How a fail of each monitor comes to be an alarm. */
export const rules: Readonly<Record<Monitor, Rule>> = {
  "quality.schema": { family: "data", windows: "each", live: false },
  "quality.type": { family: "data", windows: "each", live: false },
  "quality.missing": { family: "data", windows: "critical", live: false },
  "quality.range": { family: "data", windows: "critical", live: false },
  "quality.unseen": { family: "data", windows: "critical", live: false },
  "quality.constant": { family: "data", windows: "critical", live: false },
  "traffic.stopped": { family: "traffic", windows: "each", live: true },
  "traffic.volume": { family: "traffic", windows: "settings", live: false },
  "system.errors": { family: "system", windows: "each", live: true },
  "system.latency": { family: "system", windows: "each", live: true },
  "system.saturation": { family: "system", windows: "each", live: true },
  "system.anomaly": { family: "system", windows: "settings", live: false },
  "performance.realised": { family: "performance", windows: "settings", live: false },
  "performance.group": { family: "performance", windows: "settings", live: false },
  "performance.custom": { family: "performance", windows: "settings", live: false },
  "performance.estimated": { family: "performance", windows: "settings", live: false },
  "labels.rate": { family: "labels", windows: "settings", live: false },
  "drift.input": { family: "drift", windows: "settings", live: false },
  "drift.output": { family: "drift", windows: "settings", live: false },
  "drift.multivariate": { family: "drift", windows: "settings", live: false },
};

/** Looks in a row without a fail after which what is looked at every minute is over. */
export const liveResolveAfter = 10;

/** Under this name the looks of every minute are told; findings of live monitors from anywhere else are shown, not counted. */
export const pulse = "pulse";
