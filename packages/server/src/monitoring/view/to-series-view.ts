import type { MonitorSeries } from "@slipway/contract";
import type { Finding } from "../finding.ts";
import { letterOf } from "./to-finding-view.ts";

/** All findings of one window about one slice. */
export interface WindowFindings {
  readonly from: number;
  readonly to: number;
  readonly findings: readonly Finding[];
}

type Series = MonitorSeries["series"];

/** A line for everything that was judged, with a value for each window; windows in which it was not judged have none. */
export function toSeriesView(windows: readonly WindowFindings[]): Series {
  const lines = new Map<string, Finding[][]>();
  for (const [i, { findings }] of windows.entries())
    for (const finding of findings) {
      const key = keyOf(finding);
      let line = lines.get(key);
      if (line === undefined) lines.set(key, (line = windows.map(() => [])));
      line[i]!.push(finding);
    }
  return [...lines.values()].map((line) => {
    const { monitor, column, metric } = line.find((each) => each.length > 0)![0]!;
    const leading = line.map((each) => each.find(({ verdict }) => verdict === "fail") ?? each[0]);
    return {
      monitor,
      column,
      metric,
      values: leading.map((finding) => finding?.value ?? null),
      effects: leading.map((finding) => finding?.effect ?? null),
      verdicts: line.map(letterOf).join(""),
    };
  });
}

function keyOf({ monitor, column, metric }: Finding): string {
  return JSON.stringify([monitor, column, metric]);
}
