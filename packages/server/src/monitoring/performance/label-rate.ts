import { arrivalBounds } from "./measure-window.ts";
import { spreadOf } from "./estimator.ts";
import type { ArrivalWindow } from "./performance-tasks.ts";
import type { Measured } from "./performance-window.ts";

/** How many of the newest windows' labels have come, against how many of earlier ones' had at the same age. */
export interface LabelRate {
  readonly share: number;
  readonly expected: number;
  /** Fewer than that is less than chance and the usual ups and downs explain. */
  readonly least: number;
  /** Milliseconds after the end of a window at which both are counted. */
  readonly age: number;
  readonly rows: number;
  readonly expectedRows: number;
}

const recentWindows = 3;
const leastHistory = 6;
const mostHistory = 48;

/**
 * @param windows of one slice, the newest first
 * @returns null where too few windows are old enough, or labels do not come
 */
export function rateOfLabels(windows: readonly RateWindow[], now: number): LabelRate | null {
  const rates = arrivalBounds.map((age, i) => rateAt(windows, { age, index: i, now })).filter((rate) => rate !== null);
  const most = Math.max(0, ...rates.map(({ expected }) => expected));
  // The earliest age at which half of what comes has come: later there are fewer windows to tell it from.
  return rates.find(({ expected }) => expected >= Math.max(0.05, most / 2)) ?? null;
}

type RateWindow = Pick<ArrivalWindow, "window" | "rows" | "arrivals">;

interface Age {
  readonly age: number;
  readonly index: number;
  readonly now: number;
}

function rateAt(windows: readonly RateWindow[], { age, index, now }: Age): LabelRate | null {
  const old = windows.filter(({ window, rows }) => rows > 0 && window.to + age <= now);
  const recent = old.slice(0, recentWindows);
  const history = old.slice(recentWindows, recentWindows + mostHistory);
  if (history.length < leastHistory) return null;
  const [share, rows] = pool(recent, index);
  const [expected, expectedRows] = pool(history, index);
  const each = history.map((window): Measured => {
    const [value, n] = pool([window], index);
    // As of the share of all, so that a window without any does not weigh the most.
    return { value, standardError: Math.sqrt((expected * (1 - expected)) / n), rows: n };
  });
  const chance = (expected * (1 - expected)) / Math.max(1, rows);
  const spread = spreadOf(each);
  const width = 3 * Math.sqrt(chance + spread ** 2 / recent.length);
  return { share, expected, least: Math.max(0, expected - width), age, rows, expectedRows };
}

function pool(windows: readonly RateWindow[], index: number): readonly [share: number, rows: number] {
  let [arrived, rows] = [0, 0];
  for (const { arrivals, rows: own } of windows) {
    rows += own;
    for (let i = 0; i <= index; i++) arrived += arrivals.counts[i] ?? 0;
  }
  return [rows === 0 ? 0 : arrived / rows, rows];
}
