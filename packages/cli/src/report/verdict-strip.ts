import type { MonitorSeries } from "@slipway/contract";
import { at, cut, escape } from "./markup.ts";
import { paper, type TimeAxis } from "./time-axis.ts";

type Series = MonitorSeries["series"][number];

const rowHeight = 18;
const mostRows = 24;

/** What was found of the columns that ever failed, a mark a window; null where nothing failed. */
export function verdictStrip({ windows, series }: MonitorSeries, axis: TimeAxis): string | null {
  const failed = series.filter(({ verdicts }) => verdicts.includes("f"));
  if (failed.length === 0) return null;
  const shown = failed.toSorted((a, b) => weight(b) - weight(a)).slice(0, mostRows);
  const bottom = shown.length * rowHeight;
  const rows = shown.map((each, i) => {
    const y = i * rowHeight;
    const label = titleOf(each);
    const marks = ["p", "i", "e", "f"].map((letter) => toPath(letter, each.verdicts, { y, axis, windows }));
    return `<g><title>${escape(label)}: ${each.verdicts.split("f").length - 1} of ${windows.length} windows failed</title><text class="strong" x="${paper.left - 10}" y="${y + 13}" text-anchor="end">${escape(cut(label, 27))}</text>${marks.join("")}</g>`;
  });
  const rest = failed.length - shown.length;
  return [
    `<svg viewBox="0 0 ${paper.width} ${bottom + 24}" role="img" aria-label="Verdicts of what failed, window by window">`,
    axis.ticks(0, bottom),
    ...rows,
    "</svg>",
    rest > 0 ? `<p class="soft">${rest} more failed at some time and are left out here.</p>` : "",
  ].join("\n");
}

function titleOf({ monitor, column, metric }: Series): string {
  const what = monitor.startsWith("drift.") ? "" : ` ${monitor.slice(monitor.indexOf(".") + 1)}`;
  if (column !== null) return `${column}${what}`;
  return metric === null ? monitor : `${monitor} ${metric}`;
}

/** Late fails weigh more than early ones. */
function weight({ verdicts }: Series): number {
  return Array.from(verdicts).reduce((sum, letter, i) => sum + (letter === "f" ? 1 + i / verdicts.length : 0), 0);
}

interface Place {
  readonly y: number;
  readonly axis: TimeAxis;
  readonly windows: MonitorSeries["windows"];
}

/** A fail is higher than the rest, so that it is seen without its colour. */
function toPath(letter: string, verdicts: string, { y, axis, windows }: Place): string {
  const [top, high] = letter === "f" ? [y + 2, 14] : [y + 6, 6];
  const wide = at(Math.max(1, axis.step - 1));
  const marks = windows.flatMap(({ from }, i) =>
    verdicts[i] === letter ? [`M${at(axis.to(from))} ${top}h${wide}v${high}h-${wide}z`] : [],
  );
  return marks.length === 0 ? "" : `<path class="v${letter}" d="${marks.join("")}"/>`;
}
