import { ms } from "../advice.ts";
import { createLinearScale, createLogScale, type Scale } from "./scale.ts";
import { axes, dot, line, paper, path, text, toSvg, type Panel } from "./svg.ts";

export interface SweepPoint {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Good answers within the SLO, a second. */
  readonly goodput: number;
  readonly holds: boolean;
}

export interface SweepChart {
  readonly title: string;
  readonly facts: readonly string[];
  readonly sloMs: number;
  /** Null: no rate held. */
  readonly knee: number | null;
  readonly points: readonly SweepPoint[];
}

const height = 680;
const panelHeight = 210;

/** Latency and goodput over the rate, one above the other, with the SLO and the knee. */
export function toSweepChart({ title, facts, sloMs, knee, points }: SweepChart): string {
  const sorted = points.toSorted((a, b) => a.perSecond - b.perSecond);
  const most = Math.max(1, ...sorted.map(({ perSecond }) => perSecond));
  const [left, right, top] = [92, paper.width - paper.margin - 60, 96 + facts.length * 18];
  const upper: Panel = { left, right, top, bottom: top + panelHeight };
  const lower: Panel = { left, right, top: top + panelHeight + 76, bottom: top + 2 * panelHeight + 76 };
  const x = createLinearScale({ from: 0, to: most, start: left, end: right }, 7);
  const values = sorted.flatMap(({ p50Ms, p99Ms }) => [p50Ms, p99Ms]).filter((value) => value > 0);
  const latency = createLogScale({
    from: Math.max(0.01, Math.min(sloMs, ...values)),
    to: Math.max(sloMs, ...values) * 1.05,
    start: upper.bottom,
    end: upper.top,
  });
  const goodput = createLinearScale({ from: 0, to: most, start: lower.bottom, end: lower.top }, 4);
  const rate = { scale: x, text: (value: number) => value.toLocaleString("en") };
  const body = [
    axes(upper, { ...rate, title: "" }, { scale: latency, title: "latency", text: ms }),
    line([left, latency.to(sloMs)], [right, latency.to(sloMs)], "bound"),
    text({ x: right, y: latency.to(sloMs) - 7, class: "text-bound", anchor: "end" }, `SLO ${ms(sloMs)}`),
    ...curve(sorted, { x, y: latency, kind: "b", label: "p50", of: ({ p50Ms }) => p50Ms }),
    ...curve(sorted, { x, y: latency, kind: "a", label: "p99", of: ({ p99Ms }) => p99Ms }),
    axes(
      lower,
      { ...rate, title: "requests a second that were sent" },
      {
        scale: goodput,
        title: "goodput: answers within the SLO, a second",
        text: (value) => value.toLocaleString("en"),
      },
    ),
    path(
      [
        [x.to(0), goodput.to(0)],
        [x.to(most), goodput.to(most)],
      ],
      "c",
    ),
    text({ x: x.to(most) + 8, y: goodput.to(most) + 4, class: "text-c" }, "all"),
    ...curve(sorted, { x, y: goodput, kind: "a", label: "", of: ({ goodput: value }) => value }),
    ...(knee === null ? [] : kneeMark({ knee, x: x.to(knee), right }, [upper, lower])),
  ].join("\n");
  return toSvg({ title, facts, height, body });
}

interface Curve {
  readonly x: Scale;
  readonly y: Scale;
  readonly kind: "a" | "b";
  readonly label: string;
  readonly of: (point: SweepPoint) => number;
}

/** Hollow where the SLO was missed. */
function curve(points: readonly SweepPoint[], { x, y, kind, label, of }: Curve): string[] {
  const places = points.map((point) => [x.to(point.perSecond), y.to(of(point))] as const);
  const last = places.at(-1);
  return [
    path(places, kind),
    ...places.map((place, i) => dot(place, points[i]!.holds ? `dot-${kind}` : "miss")),
    ...(last === undefined || label === ""
      ? []
      : [text({ x: last[0] + 10, y: last[1] + 4, class: `text-${kind}` }, label)]),
  ];
}

function kneeMark({ knee, x, right }: { knee: number; x: number; right: number }, panels: readonly Panel[]): string[] {
  const label = `knee ${knee.toLocaleString("en")}/s`;
  const nearEnd = x > right - 110;
  const place = { x: nearEnd ? x - 8 : x + 8, y: (panels[0]?.top ?? 0) + 12, class: "strong" };
  return [
    ...panels.map(({ top, bottom }) => line([x, top], [x, bottom], "knee")),
    text(nearEnd ? { ...place, anchor: "end" } : place, label),
  ];
}
