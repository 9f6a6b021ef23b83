import type { MonitorPerformancePoint, MonitorWindow } from "@slipway/contract";
import { createLinearScale, type Scale } from "../loadtest/chart/scale.ts";
import { figureText } from "../monitor/figure-text.ts";
import { at, escape } from "./markup.ts";
import { paper, type TimeAxis } from "./time-axis.ts";

const top = 14;

interface Frame {
  readonly title: string;
  readonly axis: TimeAxis;
  readonly scale: Scale;
  readonly height: number;
  readonly body: string;
}

function toFigure({ title, axis, scale, height, body }: Frame): string {
  const lines = scale.ticks.map((tick) => {
    const y = at(scale.to(tick));
    return `<path class="grid" d="M${paper.left} ${y}H${paper.right}"/><text x="${paper.left - 8}" y="${at(scale.to(tick) + 4)}" text-anchor="end">${escape(figureText(tick))}</text>`;
  });
  return [
    `<svg viewBox="0 0 ${paper.width} ${height + 24}" role="img" aria-label="${escape(title)}">`,
    `<text class="strong" x="4" y="${top + 4}">${escape(title)}</text>`,
    axis.ticks(top, height),
    ...lines,
    body,
    "</svg>",
  ].join("");
}

/** A bar a window. */
export function barChart(
  title: string,
  axis: TimeAxis,
  points: readonly { readonly window: MonitorWindow; readonly value: number }[],
): string {
  const height = 110;
  const most = Math.max(1e-9, ...points.map(({ value }) => value));
  const scale = createLinearScale({ from: 0, to: most, start: height, end: top }, 3);
  const wide = at(Math.max(0.8, axis.step - 1));
  const bars = points.flatMap(({ window, value }) =>
    value > 0 ? [`M${at(axis.to(window.from))} ${height}V${at(scale.to(value))}h${wide}V${height}z`] : [],
  );
  return toFigure({ title, axis, scale, height, body: `<path class="bar" d="${bars.join("")}"/>` });
}

/** Realised and estimated performance with their bands and bounds. */
export function performanceChart(metric: string, axis: TimeAxis, points: readonly MonitorPerformancePoint[]): string {
  const height = 200;
  const bounds = points.flatMap(({ min, max }) => [min, max]).filter((value) => value !== null);
  const values = points.flatMap(({ value, lower, upper }) => [value, lower, upper]).filter((value) => value !== null);
  const all = [...values, ...bounds];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const pad = Math.max(1e-9, (high - low) * 0.05);
  const scale = createLinearScale({ from: low - pad, to: high + pad, start: height, end: top }, 4);
  const known = points.filter(({ value }) => value !== null);
  const place = (point: MonitorPerformancePoint, value: number | null) =>
    [axis.to(point.from) + axis.step / 2, scale.to(value ?? 0)] as const;
  const draw = (kind: MonitorPerformancePoint["kind"], name: string): string => {
    const own = known.filter((point) => point.kind === kind);
    const dots = own.map((point) => {
      const [x, y] = place(point, point.value);
      return `<circle class="${name}dot${point.provisional ? " prov" : ""}" cx="${at(x)}" cy="${at(y)}" r="${own.length > 80 ? 1.6 : 3}"/>`;
    });
    return (
      band(own, name, place) +
      polyline(
        own.map((point) => place(point, point.value)),
        name,
      ) +
      dots.join("")
    );
  };
  const marks = (["min", "max"] as const).map((bound) =>
    polyline(
      known.filter((point) => point[bound] !== null).map((point) => place(point, point[bound])),
      "bound",
    ),
  );
  return toFigure({
    title: metric,
    axis,
    scale,
    height,
    body: draw("estimated", "est") + draw("realised", "real") + marks.join(""),
  });
}

type Place = (point: MonitorPerformancePoint, value: number | null) => readonly [number, number];

function band(points: readonly MonitorPerformancePoint[], name: string, place: Place): string {
  const sure = points.filter(({ lower, upper }) => lower !== null && upper !== null);
  if (sure.length < 2) return "";
  const above = sure.map((point) => place(point, point.upper));
  const below = sure.map((point) => place(point, point.lower)).toReversed();
  return `<path class="${name}band" d="${toSteps([...above, ...below])}Z"/>`;
}

function polyline(points: readonly (readonly [number, number])[], name: string): string {
  return points.length === 0 ? "" : `<path class="${name}" d="${toSteps(points)}"/>`;
}

function toSteps(points: readonly (readonly [number, number])[]): string {
  return points.map(([x, y], i) => `${i === 0 ? "M" : "L"}${at(x)} ${at(y)}`).join("");
}
