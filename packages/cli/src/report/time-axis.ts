import type { MonitorWindow } from "@slipway/contract";
import { at } from "./markup.ts";

/** All pictures over time have the same left and right, so that they can be read below one another. */
export const paper = { left: 190, right: 1020, width: 1036 } as const;

export interface TimeAxis {
  /** Where a window begins. */
  to(time: string): number;
  /** How wide one window is. */
  readonly step: number;
  /** Lines and times below `bottom`. */
  ticks(top: number, bottom: number): string;
}

const steps = [60, 300, 900, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 86_400, 2 * 86_400, 7 * 86_400, 28 * 86_400];

export function createTimeAxis(windows: readonly Pick<MonitorWindow, "from" | "to">[]): TimeAxis {
  const first = Date.parse(windows[0]?.from ?? "1970-01-01T00:00:00Z");
  const last = Math.max(first + 1, Date.parse(windows.at(-1)?.to ?? "1970-01-01T01:00:00Z"));
  const scale = (paper.right - paper.left) / (last - first);
  const length = windows[0] === undefined ? last - first : Date.parse(windows[0].to) - first;
  const place = (ms: number): number => paper.left + (ms - first) * scale;
  const step = (steps.find((seconds) => (last - first) / (seconds * 1000) <= 8) ?? steps.at(-1)!) * 1000;
  const moments: number[] = [];
  for (let ms = Math.ceil(first / step) * step; ms <= last; ms += step) moments.push(ms);
  return {
    to: (time) => place(Date.parse(time)),
    step: Math.max(1, length * scale),
    ticks: (top, bottom) =>
      moments
        .map((ms) => {
          const x = at(place(ms));
          const text = tickText(ms, step);
          return `<path class="grid" d="M${x} ${top}V${bottom}"/><text x="${x}" y="${bottom + 16}" text-anchor="middle">${text}</text>`;
        })
        .join(""),
  };
}

/** The clock, and the date at midnight. */
function tickText(ms: number, step: number): string {
  const iso = new Date(ms).toISOString();
  return step >= 86_400_000 || iso.slice(11, 16) === "00:00" ? iso.slice(5, 10) : iso.slice(11, 16);
}
