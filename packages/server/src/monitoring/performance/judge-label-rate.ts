import type { Finding } from "../finding.ts";
import type { ArrivalWindow } from "./performance-tasks.ts";
import type { PerformanceWindow } from "./performance-window.ts";
import { rateOfLabels } from "./label-rate.ts";
import { durationText } from "./words.ts";

export interface JudgeLabelRate {
  readonly current: PerformanceWindow;
  /** The windows of the slice up to this one, the newest first. */
  readonly recent: readonly ArrivalWindow[];
  readonly now: number;
}

/** A smaller loss is left to the eye. */
const leastLoss = 0.2;
const leastRows = 100;

/** Labels that stop coming: told from the newest windows that should have them by now. Nothing where labels never come. */
export function judgeLabelRate({ current, recent, now }: JudgeLabelRate): Finding[] {
  const labelled = recent.reduce((sum, window) => sum + window.labelled, 0);
  if (labelled === 0) return [];
  const rate = rateOfLabels(recent, now);
  const base = {
    monitor: "labels.rate",
    slice: current.slice,
    column: null,
    metric: "label_rate",
    severity: "warning",
    p: null,
    pAdjusted: null,
    provisional: false,
  } as const;
  if (rate === null || rate.rows < leastRows)
    return [
      {
        ...base,
        verdict: "insufficient",
        value: null,
        threshold: null,
        effect: null,
        rows: rate?.rows ?? 0,
        referenceRows: rate?.expectedRows ?? null,
        message: "Too few windows are old enough to tell how many labels usually come.",
      },
    ];
  const { share, expected, least, age, rows, expectedRows } = rate;
  const effect = share / expected - 1;
  const isLess = share < least && effect <= -leastLoss;
  const percent = (value: number) => `${Number((100 * value).toPrecision(3))} %`;
  return [
    {
      ...base,
      verdict: isLess ? "fail" : "pass",
      value: share,
      threshold: least,
      effect,
      rows,
      referenceRows: expectedRows,
      message: `${percent(share)} of the predictions have a label ${durationText(age)} after their window; usually ${percent(expected)} do.`,
      details: { age_ms: age },
    },
  ];
}
