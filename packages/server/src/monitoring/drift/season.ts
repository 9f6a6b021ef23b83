import type { Season } from "./calibration.ts";

const hourMs = 3_600_000;

/** Which part of the season a window is of that begins at `at`, in UTC: "0" to "167"; "" where there is no season. */
export function seasonOf(season: Season, at: number): string {
  const hours = Math.floor(at / hourMs);
  const hour = hours % 24;
  // 1 January 1970 was a Thursday; 0 is Sunday.
  const day = (Math.floor(hours / 24) + 4) % 7;
  switch (season) {
    case "none":
      return "";
    case "hour_of_day":
      return String(hour);
    case "day_of_week":
      return String(day);
    case "hour_of_week":
      return String(day * 24 + hour);
  }
}
