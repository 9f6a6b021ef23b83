import type { LoadSettings } from "../../serving/index.ts";

/** A busy machine gives work that nobody waits for little time: that is no reason to take a run for endless. */
const leastRunLimitMs = 120_000;
/** One copy of its own in the background, whatever serves the callers. */
export function toShadowSettings(serve: LoadSettings): LoadSettings {
  const { placement, runLimitMs = 0, ...rest } = serve;
  return {
    ...rest,
    replicas: 1,
    background: true,
    runLimitMs: Math.max(leastRunLimitMs, runLimitMs),
    ...(placement !== undefined && placement !== "thread" && { placement }),
  };
}
