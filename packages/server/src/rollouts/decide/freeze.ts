import type { Freeze } from "../spec.ts";

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/** When the last of the windows ends in which `now` is. Null: it is in none. Windows that follow on each other are looked at when the first is over. */
export function endOfFreeze(windows: readonly Freeze[], now: number): number | null {
  const ends = windows.map((window) => endOf(window, now)).filter((end) => end !== null);
  return ends.length === 0 ? null : Math.max(...ends);
}

function endOf(window: Freeze, now: number): number | null {
  if (window.kind === "once") return now >= window.since && now < window.until ? window.until : null;
  const today = Math.floor(now / dayMs) * dayMs;
  // One that goes past midnight belongs to the day on which it began.
  for (const day of [today, today - dayMs]) {
    if (!window.days.includes(new Date(day).getUTCDay())) continue;
    const from = day + window.from * minuteMs;
    const to = day + window.to * minuteMs + (window.to <= window.from ? dayMs : 0);
    if (now >= from && now < to) return to;
  }
  return null;
}
