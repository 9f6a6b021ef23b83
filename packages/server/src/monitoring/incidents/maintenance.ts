import type { MaintenanceSetting } from "../settings.ts";
import type { Window } from "../watched.ts";

const minuteMs = 60_000;
const dayMs = 86_400_000;

/** Whether any part of a window lies in a maintenance: what it says counts neither way. */
export function isInMaintenance({ from, to }: Window, settings: readonly MaintenanceSetting[]): boolean {
  return settings.some((each) => {
    const start = minutesOf(each.from) * minuteMs;
    const length = (minutesOf(each.to) * minuteMs - start + dayMs) % dayMs || dayMs;
    // One that began the day before may still last.
    for (let day = Math.floor(from / dayMs) - 1; day * dayMs < to; day++) {
      const begin = day * dayMs + start;
      if (each.days.includes(new Date(day * dayMs).getUTCDay()) && begin < to && begin + length > from) return true;
    }
    return false;
  });
}

function minutesOf(text: string): number {
  const [hours = 0, minutes = 0] = text.split(":").map(Number);
  return hours * 60 + minutes;
}
