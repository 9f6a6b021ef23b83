import type { MonitorSettings } from "../settings.ts";
import type { Window } from "../watched.ts";

const hourMs = 3_600_000;
const seasonMs: Readonly<Record<MonitorSettings["season"], number>> = {
  none: 0,
  hour_of_day: 24 * hourMs,
  day_of_week: 7 * 24 * hourMs,
  hour_of_week: 7 * 24 * hourMs,
};
const mostSeasons = 28;
const mostWindows = 48;

/** Earlier windows that one may be held against: those of the same season, or the last ones where there is none. */
export function listLike(
  { from, to }: Window,
  { season, windowMs }: Pick<MonitorSettings, "season" | "windowMs">,
): Window[] {
  const step = Math.ceil(Math.max(windowMs, seasonMs[season]) / windowMs) * windowMs;
  const count = seasonMs[season] > windowMs ? mostSeasons : mostWindows;
  return Array.from({ length: count }, (_, i) => ({ from: from - (i + 1) * step, to: to - (i + 1) * step }));
}
