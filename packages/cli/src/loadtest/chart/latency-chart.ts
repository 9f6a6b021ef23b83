import { ms } from "../advice.ts";
import { createLinearScale, createLogScale, createPercentileScale } from "./scale.ts";
import { axes, dot, line, paper, path, text, toSvg, type Panel } from "./svg.ts";

export interface LatencyChart {
  readonly title: string;
  readonly facts: readonly string[];
  readonly sloMs: number;
  /** Rising shares and milliseconds. */
  readonly distribution: readonly (readonly [share: number, ms: number])[];
  /** Points that are named. */
  readonly marks: readonly (readonly [share: number, ms: number])[];
  readonly count: number;
}

const height = 470;
/** Above this ratio of the slowest to the median a linear axis would show the slowest alone. */
const wideRatio = 20;

/** Latency over percentile, each nine as wide as the one before, as HdrHistogram draws it. */
export function toLatencyChart({ title, facts, sloMs, distribution, marks, count }: LatencyChart): string {
  const panel: Panel = {
    left: 92,
    right: paper.width - paper.margin,
    top: 90 + facts.length * 18,
    bottom: height - 66,
  };
  const points = [...distribution, ...marks].toSorted((a, b) => a[0] - b[0] || a[1] - b[1]);
  const largest = Math.max(0.001, points.at(-1)?.[1] ?? 0);
  const median = marks[0]?.[1] ?? largest;
  const least = Math.max(0.001, points[0]?.[1] ?? 0.001);
  const last = Math.max(0.99, 1 - 1 / Math.max(2, count));
  const x = createPercentileScale({ to: last, start: panel.left, end: panel.right });
  const span = { start: panel.bottom, end: panel.top };
  const shown = sloMs <= largest * 4 ? Math.max(largest, sloMs) : largest;
  const y =
    shown / Math.max(0.001, median) > wideRatio
      ? createLogScale({ from: least, to: shown, ...span })
      : createLinearScale({ from: 0, to: shown, ...span });
  const named = marks.filter(([share]) => share <= last && count > 0);
  const curve = [[0, least] as const, ...points].map(([share, value]) => [x.to(share), y.to(value)] as const);
  const body = [
    axes(
      panel,
      { scale: x, title: "percentile of the answers", text: (share) => `${Number((share * 100).toFixed(4))} %` },
      { scale: y, title: "latency", text: ms },
    ),
    ...(sloMs <= shown
      ? [
          line([panel.left, y.to(sloMs)], [panel.right, y.to(sloMs)], "bound"),
          text({ x: panel.left + 8, y: sloTextAt(y.to(sloMs), panel), class: "text-bound" }, `SLO ${ms(sloMs)}`),
        ]
      : []),
    path(curve, "a"),
    ...named.flatMap(([share, value]) => {
      const [px, py] = [x.to(share), y.to(value)];
      return [dot([px, py], "dot-a"), text({ x: px - 8, y: py - 10, class: "strong", anchor: "end" }, ms(value))];
    }),
  ].join("\n");
  return toSvg({ title, facts, height, body });
}

/** Above its line, where there is room. */
function sloTextAt(lineAt: number, { top }: Panel): number {
  return lineAt - top < 20 ? lineAt + 17 : lineAt - 7;
}
