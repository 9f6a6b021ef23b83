import { normalTail } from "@slipway/statistics";
import type { Finding, FindingVerdict } from "../finding.ts";
import type { MetricBounds } from "../settings.ts";
import { limitsOf, type Baseline, type Limits } from "./limits.ts";
import { worseWhen, type Measured, type PerformanceWindow } from "./performance-window.ts";
import { capital, figure, nameOf, share } from "./words.ts";

export interface JudgeMetric {
  readonly metric: string;
  readonly current: PerformanceWindow;
  /** Of the configuration; they stand in the place of what was learned. */
  readonly bounds: MetricBounds | null;
  readonly baseline: Baseline | null;
  readonly minRows: number;
  readonly maturity: number;
}

/** The realised metric, and the estimated one where there is an estimate. */
export function judgeMetric(input: JudgeMetric): Finding[] {
  const estimated = input.current.estimated[input.metric];
  return [judgeRealised(input), ...(estimated === undefined ? [] : [judgeEstimated(input, estimated)])];
}

/** Beyond what it must not be worse than the metric fails; bounds of the configuration come before learned ones. */
export function limitsFor({ metric, bounds, baseline }: JudgeMetric, rows: number): Limits | null {
  if (bounds !== null && (bounds.min !== null || bounds.max !== null)) return bounds;
  return baseline === null ? null : limitsOf(metric, baseline, rows);
}

function judgeRealised(input: JudgeMetric): Finding {
  const { metric, current, minRows, maturity } = input;
  const { state, rows, labelled } = current;
  const measured = current.realised[metric];
  const base = {
    ...start(input, "performance.realised"),
    severity: "critical",
    value: measured?.value ?? null,
    rows: labelled,
    provisional: state !== "final",
  } as const;
  const insufficient = (message: string): Finding => ({ ...base, verdict: "insufficient", message });
  const name = nameOf(metric);
  if (labelled === 0 && current.unusable > 0)
    return insufficient(`${current.unusable} labels have come, and none of them is what the model can answer.`);
  if (labelled === 0) return insufficient(`No labels of ${rows} predictions have come yet.`);
  if (state === "provisional")
    return insufficient(
      `${share(labelled, rows)} of the predictions have labels; ${name} is judged from ${maturity * 100} % on` +
        `${measured === undefined ? "" : ` (so far ${figure(measured.value)})`}.`,
    );
  if (labelled < minRows)
    return insufficient(`${labelled} labelled predictions are too few to judge ${name}: ${minRows} are needed.`);
  if (measured === undefined) return insufficient(`${capital(name)} is not defined for these ${labelled} predictions.`);
  const limits = limitsFor(input, measured.rows);
  if (limits === null)
    return insufficient(
      `${capital(name)} is ${figure(measured.value)}; there is no labelled reference and no history to hold it against.`,
    );
  const { verdict, threshold } = compare(measured.value, limits);
  // Bounds of the configuration are crossed by chance, too.
  const distance = threshold === null ? 0 : Math.abs(measured.value - threshold);
  const isChance = input.bounds !== null && distance < 2 * (measured.standardError ?? 0);
  return {
    ...base,
    ...against(input, measured),
    verdict,
    severity: isChance ? "warning" : "critical",
    threshold,
    message: `${capital(name)} is ${figure(measured.value)}${beside(input)}${limitText(verdict, threshold)}, from ${labelled} labelled predictions.`,
    details: {
      standard_error: measured.standardError,
      baseline: input.baseline?.value ?? null,
      predictions: rows,
      unusable: current.unusable,
    },
  };
}

/** Before labels it warns; once they are here they say how it is, and the estimate how good it was. */
function judgeEstimated(input: JudgeMetric, estimated: Measured): Finding {
  const { metric, current, minRows } = input;
  const realised = current.realised[metric];
  const base = {
    ...start(input, "performance.estimated"),
    severity: "warning",
    value: estimated.value,
    rows: estimated.rows,
    provisional: false,
  } as const;
  const name = nameOf(metric);
  const limits = limitsFor(input, estimated.rows);
  if (estimated.rows < minRows)
    return {
      ...base,
      verdict: "insufficient",
      message: `${estimated.rows} predictions are too few to estimate ${name}: ${minRows} are needed.`,
    };
  if (limits === null)
    return {
      ...base,
      verdict: "insufficient",
      message: `${capital(name)} is estimated at ${figure(estimated.value)}; there is nothing to hold it against.`,
    };
  const { verdict, threshold } = compare(estimated.value, limits);
  const details = { standard_error: estimated.standardError, baseline: input.baseline?.value ?? null };
  if (current.state === "final" && realised !== undefined)
    return {
      ...base,
      ...against(input, estimated),
      verdict: "pass",
      severity: "info",
      threshold,
      message: `${capital(name)} was estimated at ${figure(estimated.value)} before labels came; it is ${figure(realised.value)}.`,
      details: { ...details, realised: realised.value, error: estimated.value - realised.value },
    };
  return {
    ...base,
    ...against(input, estimated),
    verdict,
    threshold,
    message: `${capital(name)} is estimated at ${figure(estimated.value)} before labels${beside(input)}${limitText(verdict, threshold)}, from ${estimated.rows} predictions.`,
    details,
  };
}

function start({ metric, current, baseline }: JudgeMetric, monitor: Finding["monitor"]) {
  const referenceRows = baseline?.rows ?? null;
  const nothing = { threshold: null, p: null, pAdjusted: null, effect: null };
  return { monitor, slice: current.slice, column: null, metric, ...nothing, referenceRows } as const;
}

function compare(
  value: number,
  { min, max }: Limits,
): { readonly verdict: FindingVerdict; readonly threshold: number | null } {
  if (min !== null && value < min) return { verdict: "fail", threshold: min };
  if (max !== null && value > max) return { verdict: "fail", threshold: max };
  return { verdict: "pass", threshold: min ?? max };
}

/** How far it is from the baseline, and how often chance alone moves it so far. */
function against(
  { metric, baseline }: JudgeMetric,
  { value, rows }: Measured,
): { readonly effect: number | null; readonly p: number | null } {
  if (baseline === null) return { effect: null, p: null };
  const { spread, unitError, rows: known } = baseline;
  const deviation = Math.sqrt(spread ** 2 + unitError ** 2 / rows + unitError ** 2 / known);
  const effect = value - baseline.value;
  if (deviation === 0) return { effect, p: null };
  const z = effect / deviation;
  const worse = worseWhen(metric);
  return {
    effect,
    p: worse === "either" ? Math.min(1, 2 * normalTail(Math.abs(z))) : normalTail(worse === "lower" ? -z : z),
  };
}

function beside({ baseline }: JudgeMetric): string {
  return baseline === null ? "" : ` (before ${figure(baseline.value)})`;
}

function limitText(verdict: FindingVerdict, threshold: number | null): string {
  if (threshold === null) return "";
  return verdict === "fail" ? `, beyond ${figure(threshold)}` : `, within ${figure(threshold)}`;
}
