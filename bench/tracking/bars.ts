import { median, toCell, toFigure, type Comparison } from "../lib/table.ts";
import type { Bar } from "../lib/bar.ts";

export interface RowResult {
  /** Of the tables that tell more than the bars. */
  readonly comparisons: readonly Comparison[];
  readonly bars: readonly Bar[];
}

export interface Limit {
  readonly figure: string;
  readonly atLeast?: number;
  readonly atMost?: number;
  readonly unit?: string;
}

/** One value a repeat; the median counts. */
export function toBar({ figure, atLeast, atMost, unit = "" }: Limit, values: readonly number[]): Bar {
  const bar = atLeast === undefined ? `≤ ${atMost}${unit}` : `≥ ${atLeast}${unit}`;
  if (values.length === 0) return { figure, bar, value: "not measured in this run", met: null };
  const middle = median(values);
  const met = middle >= (atLeast ?? -Infinity) && middle <= (atMost ?? Infinity);
  return { figure, bar, value: `${toCell(values)}${unit}`, met };
}

/** Of MLflow's figure to ours or of ours to MLflow's, whichever says how much better we are. */
export function toRatios(
  { peers }: Comparison,
  { figure, theirs, more }: { readonly figure: string; readonly theirs: string; readonly more: "better" | "worse" },
): readonly number[] {
  const [ours = [], other = []] = [peers["Slipway"]?.[figure], peers[theirs]?.[figure]];
  return ours.slice(0, other.length).map((value, at) => (more === "better" ? value / other[at]! : other[at]! / value));
}

/** A line with the ratios of the figures that two peers share: how many times better the first one is. */
export function toRatioLine(comparison: Comparison, theirs: string): string {
  const ours = comparison.peers["Slipway"] ?? {};
  return Object.keys(ours)
    .map((figure) => {
      const more = figure.endsWith("/s") ? "better" : "worse";
      const all = toRatios(comparison, { figure, theirs, more });
      return all.length === 0 ? null : `${figure} ${toFigure(median(all))}x`;
    })
    .filter((text) => text !== null)
    .join(", ");
}
