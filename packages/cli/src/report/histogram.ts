import type { MonitorDistribution } from "@slipway/contract";
import { figureText, shareText } from "../monitor/figure-text.ts";
import { at, cut, escape } from "./markup.ts";

const width = 240;
const height = 80;

/** Steps of the shares, a bin as wide as any other: bins of a reference are no equal parts of its range. */
function steps(shares: readonly number[], top: number): string {
  const each = width / shares.length;
  const points = shares.map((share, i) => {
    const y = at(height - (share / top) * (height - 2));
    return `${i === 0 ? `M0 ${height}` : ""}V${y}H${at((i + 1) * each)}`;
  });
  return `${points.join("")}V${height}Z`;
}

/** Both distributions, stretched to wherever they are shown: drawn once in the page, used in two sizes. */
export function histogramSymbol(id: string, { reference, current }: MonitorDistribution): string {
  const top = Math.max(1e-9, ...(reference ?? []), ...(current ?? []));
  const drawn = [
    reference === null ? "" : `<path class="ref" d="${steps(reference, top)}"/>`,
    current === null ? "" : `<path class="now" d="${steps(current, top)}"/>`,
  ];
  return `<symbol id="${id}" viewBox="0 0 ${width} ${height}" preserveAspectRatio="none">${drawn.join("")}</symbol>`;
}

export function smallHistogram(id: string): string {
  return `<svg viewBox="0 0 120 30" preserveAspectRatio="none" aria-hidden="true"><use href="#${id}" width="120" height="30"/></svg>`;
}

/** The bins of a number with the values at their bounds. */
export function numberHistogram(id: string, name: string, { edges, reference, current }: MonitorDistribution): string {
  const bounds = edges ?? [];
  const bins = (reference ?? current ?? []).length;
  const [left, plot, bottom] = [4, 452, 132];
  const each = plot / Math.max(1, bins);
  const wanted = Math.min(6, bounds.length);
  const shown = new Set(
    Array.from({ length: wanted }, (_, i) => Math.round((i * (bounds.length - 1)) / Math.max(1, wanted - 1))),
  );
  const ticks = [...shown].map((i) => {
    const x = left + (i + 1) * each;
    const anchor = i === 0 ? "start" : i === bounds.length - 1 ? "end" : "middle";
    return `<path class="grid" d="M${at(x)} ${bottom}v5"/><text x="${at(x)}" y="${bottom + 18}" text-anchor="${anchor}">${escape(figureText(bounds[i]))}</text>`;
  });
  const outside = [
    outsideText("below", reference?.[0], current?.[0]),
    outsideText("above", reference?.at(-1), current?.at(-1)),
  ];
  return [
    `<svg viewBox="0 0 460 156" role="img" aria-label="${escape(`Values of ${name} in the reference and now${outside.join("")}`)}">`,
    `<use href="#${id}" x="${left}" y="6" width="${plot}" height="${bottom - 6}"/>`,
    `<path class="grid" d="M${left} ${bottom}h${plot}"/>`,
    ...ticks,
    "</svg>",
  ].join("");
}

function outsideText(where: string, reference: number | undefined, current: number | undefined): string {
  if ((reference ?? 0) === 0 && (current ?? 0) === 0) return "";
  return `; ${where} all bins ${shareText(reference ?? 0)} then, ${shareText(current ?? 0)} now`;
}

const mostBars = 12;

/** The categories that are most frequent in one of the two, each with two bars. */
export function categoryBars(name: string, { labels, reference, current }: MonitorDistribution): string {
  const names = [...(labels ?? []), "all others"];
  const rows = names
    .map((label, i) => ({ label, reference: reference?.[i] ?? 0, current: current?.[i] ?? 0 }))
    .filter((row) => Math.max(row.reference, row.current) > 0)
    .toSorted((a, b) => Math.max(b.reference, b.current) - Math.max(a.reference, a.current))
    .slice(0, mostBars);
  const top = Math.max(1e-9, ...rows.flatMap((row) => [row.reference, row.current]));
  const [left, plot] = [150, 200];
  const bars = rows.map((row, i) => {
    const y = i * 24 + 4;
    const length = (share: number) => at((share / top) * plot);
    return [
      `<text x="${left - 8}" y="${y + 13}" text-anchor="end" class="strong">${escape(cut(row.label, 22))}</text>`,
      `<rect class="ref" x="${left}" y="${y}" width="${length(row.reference)}" height="8"/>`,
      `<rect class="bar" x="${left}" y="${y + 9}" width="${length(row.current)}" height="8"/>`,
      `<text x="${left + plot + 8}" y="${y + 13}">${escape(`${shareText(row.reference)} → ${shareText(row.current)}`)}</text>`,
    ].join("");
  });
  const rest = names.length - rows.length;
  const label = `Shares of the values of ${name} in the reference and now${rest > 0 ? `, the ${rows.length} most frequent` : ""}`;
  return `<svg viewBox="0 0 460 ${rows.length * 24 + 8}" role="img" aria-label="${escape(label)}">${bars.join("")}</svg>`;
}
