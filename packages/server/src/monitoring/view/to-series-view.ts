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
  const lines = createLines(windows.length);
  for (const [i, { findings }] of windows.entries()) lines.add(i, findings);
  return lines.series();
}

interface Line extends Omit<Series[number], "verdicts"> {
  readonly letters: string[];
}

/** Of findings only what is plotted stays. */
export function createLines(windows: number) {
  const lines = new Map<string, Line>();

  function lineOf(key: string, { monitor, column, metric }: Finding): Line {
    const known = lines.get(key);
    if (known !== undefined) return known;
    const none = () => Array.from({ length: windows }, () => null);
    const made = {
      monitor,
      column,
      metric,
      values: none(),
      effects: none(),
      letters: Array<string>(windows).fill("-"),
    };
    lines.set(key, made);
    return made;
  }

  return {
    /** All findings of the window with this number. */
    add(i: number, findings: readonly Finding[]): void {
      for (const [key, same] of Map.groupBy(findings, keyOf)) {
        const leading = same.find(({ verdict }) => verdict === "fail") ?? same[0]!;
        const { values, effects, letters } = lineOf(key, leading);
        values[i] = leading.value;
        effects[i] = leading.effect;
        letters[i] = letterOf(same);
      }
    },
    series: (): Series => [...lines.values()].map(({ letters, ...line }) => ({ ...line, verdicts: letters.join("") })),
  };
}

function keyOf({ monitor, column, metric }: Finding): string {
  return JSON.stringify([monitor, column, metric]);
}
