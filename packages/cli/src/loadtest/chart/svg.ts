import type { Scale } from "./scale.ts";

/** A rectangle of the paper that values are drawn in. */
export interface Panel {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface Axis {
  readonly scale: Scale;
  readonly title: string;
  readonly text: (value: number) => string;
}

export const paper = { width: 860, margin: 28 };

/** Colours for paper and screen, light and dark; chosen to be told apart without colour vision, too. */
const style = `
svg { --ink: #1b1f24; --soft: #57606a; --line: #d8dee4; --page: #ffffff; --a: #0b62c4; --b: #a8470a; --c: #6f7781; --bad: #b3261e }
@media (prefers-color-scheme: dark) { svg { --ink: #e6edf3; --soft: #9aa4af; --line: #30363d; --page: #0d1117; --a: #6cb2ff; --b: #f0a35e; --c: #8b949e; --bad: #ff8f86 } }
text { font: 13px system-ui, -apple-system, "Segoe UI", "Helvetica Neue", "DejaVu Sans", Arial, sans-serif; fill: var(--soft) }
.title { font-size: 17px; font-weight: 600; fill: var(--ink) }
.strong { fill: var(--ink); font-weight: 600 }
.page { fill: var(--page) }
.grid { stroke: var(--line); stroke-width: 1 }
.a { stroke: var(--a); fill: none; stroke-width: 2 } .dot-a { fill: var(--a) } .text-a { fill: var(--a) }
.b { stroke: var(--b); fill: none; stroke-width: 2 } .dot-b { fill: var(--b) } .text-b { fill: var(--b) }
.c { stroke: var(--c); fill: none; stroke-width: 1.5; stroke-dasharray: 2 4 } .text-c { fill: var(--c) }
.bound { stroke: var(--bad); stroke-width: 1.5; stroke-dasharray: 6 4 } .text-bound { fill: var(--bad) }
.knee { stroke: var(--ink); stroke-width: 1.5; stroke-dasharray: 1 3 }
.miss { fill: var(--page); stroke: var(--bad); stroke-width: 2 }
`;

export interface Page {
  readonly title: string;
  /** Lines below it. */
  readonly facts: readonly string[];
  readonly height: number;
  readonly body: string;
}

/** A whole file, without scripts, fonts or anything from elsewhere. */
export function toSvg({ title, facts, height, body }: Page): string {
  const { width, margin } = paper;
  const lines = facts.map((fact, i) => text({ x: margin, y: margin + 32 + i * 18 }, fact));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escape(title)}">`,
    `<title>${escape(title)}</title><style>${style}</style>`,
    `<rect class="page" width="${width}" height="${height}"/>`,
    text({ x: margin, y: margin + 8, class: "title" }, title),
    ...lines,
    body,
    "</svg>\n",
  ].join("\n");
}

interface TextPlace {
  readonly x: number;
  readonly y: number;
  readonly class?: string;
  readonly anchor?: "middle" | "end";
}

export function text(place: TextPlace, content: string): string {
  const kind = place.class === undefined ? "" : ` class="${place.class}"`;
  const anchor = place.anchor === undefined ? "" : ` text-anchor="${place.anchor}"`;
  return `<text x="${at(place.x)}" y="${at(place.y)}"${kind}${anchor}>${escape(content)}</text>`;
}

export function line(from: readonly [number, number], to: readonly [number, number], kind: string): string {
  return `<line class="${kind}" x1="${at(from[0])}" y1="${at(from[1])}" x2="${at(to[0])}" y2="${at(to[1])}"/>`;
}

export function path(points: readonly (readonly [number, number])[], kind: string): string {
  const steps = points.map(([x, y], i) => `${i === 0 ? "M" : "L"}${at(x)} ${at(y)}`);
  return `<path class="${kind}" d="${steps.join("")}"/>`;
}

export function dot([x, y]: readonly [number, number], kind: string): string {
  return `<circle class="${kind}" cx="${at(x)}" cy="${at(y)}" r="4"/>`;
}

/** Grid, ticks and titles. */
export function axes(panel: Panel, x: Axis, y: Axis): string {
  const { left, right, top, bottom } = panel;
  return [
    ...y.scale.ticks.flatMap((tick) => {
      const place = y.scale.to(tick);
      return [
        line([left, place], [right, place], "grid"),
        text({ x: left - 8, y: place + 4, anchor: "end" }, y.text(tick)),
      ];
    }),
    ...x.scale.ticks.map((tick) => text({ x: x.scale.to(tick), y: bottom + 20, anchor: "middle" }, x.text(tick))),
    text({ x: left, y: top - 10, class: "strong" }, y.title),
    text({ x: (left + right) / 2, y: bottom + 42, anchor: "middle" }, x.title),
  ].join("\n");
}

function at(value: number): string {
  return String(Number(value.toFixed(1)));
}

function escape(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
