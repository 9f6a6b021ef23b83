import { UsageError } from "./exit-codes.ts";

const units: readonly (readonly [string, number])[] = [
  ["year", 365 * 86_400],
  ["month", 30 * 86_400],
  ["day", 86_400],
  ["h", 3600],
  ["min", 60],
  ["s", 1],
];

/** "3 min ago", "2 days ago", "just now"; for tables. `now` in milliseconds since 1970. */
export function relativeTime(at: string, now: number): string {
  const seconds = (now - Date.parse(at)) / 1000;
  if (Number.isNaN(seconds)) return at;
  const size = Math.abs(seconds);
  for (const [name, length] of units)
    if (size >= length) {
      const count = Math.floor(size / length);
      const unit = name.length > 3 || name === "day" ? `${name}${count === 1 ? "" : "s"}` : name;
      return seconds > 0 ? `${count} ${unit} ago` : `in ${count} ${unit}`;
    }
  return "just now";
}

/** "850 ms", "4 s", "3 min 20 s", "2 days 3 h". */
export function durationText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  let rest = Math.floor(ms / 1000);
  const parts: string[] = [];
  for (const [name, length] of units) {
    if (rest < length || parts.length === 2 || name === "year" || name === "month") continue;
    const count = Math.floor(rest / length);
    rest -= count * length;
    parts.push(`${count} ${name === "day" ? (count === 1 ? "day" : "days") : name}`);
  }
  return parts.join(" ");
}

/** Local wall clock to the second, for lines that scroll by. */
export function clockText(at: string): string {
  const date = new Date(at);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/**
 * `--since`: a duration back from now (90s, 15m, 2h, 7d), which the server counts by its own clock, or a date or time
 * (2026-11-22, 2026-11-22T10:00, 2026-11-22T10:00:00Z; local where no zone is named), given back in UTC.
 */
export function parseSince(text: string): string {
  const value = text.trim();
  if (/^\d{1,9}(\.\d{1,6})?(ms|s|m|h|d)$/.test(value)) return value;
  if (/^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$/i.test(value)) {
    const at = Date.parse(value.length === 10 ? `${value}T00:00` : value.replace(" ", "T"));
    if (!Number.isNaN(at)) return new Date(at).toISOString();
  }
  throw new UsageError(
    `${JSON.stringify(text)} is no time: use a duration back from now (90s, 15m, 2h, 7d), a date (2026-11-22) or a time (2026-11-22T10:00:00Z).`,
  );
}

/** `--timeout SECONDS` in milliseconds. */
export function parseTimeoutMs(text: string): number {
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(seconds > 0) || seconds > 86_400) throw new UsageError(`--timeout ${text}: give seconds, such as 5 or 0.5.`);
  return Math.ceil(seconds * 1000);
}
