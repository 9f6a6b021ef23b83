import {
  absoluteEffect,
  asymptoticEvidence,
  asymptoticInterval,
  relativeEffect,
  type ArmMoments,
  type Estimate,
} from "@slipway/statistics";
import type { AbComparison, AbMetricReport } from "./ab-report.ts";
import type { ArmSums, MeasuredMetric } from "./ab-task-input.ts";
import { figure, percent } from "./words.ts";

/** Before so many units an arm, and events in the smaller one, the interval's central limit does not hold. */
const leastUnits = 100;
const leastEvents = 10;

export interface CompareOptions {
  readonly better: "lower" | "higher";
  readonly alpha: number;
  /** The first is what the others are compared with. */
  readonly arms: readonly string[];
}

export function compareArms(measured: MeasuredMetric, { better, alpha, arms }: CompareOptions): AbMetricReport {
  const { name, counted, error } = measured;
  const found = new Map(measured.arms.map((sums) => [sums.arm, sums]));
  const [versus = "", ...others] = arms;
  const means = arms.map((arm) => {
    const sums = found.get(arm);
    return { arm, units: sums?.units ?? 0, n: sums?.n ?? 0, mean: sums === undefined ? null : meanOf(sums) };
  });
  const comparisons = others.map((arm): AbComparison => {
    const sides = { arm, versus };
    if (error !== null) return { ...nothing(sides, "error"), message: `${name} could not be measured: ${error}` };
    const [challenger, control] = [found.get(arm), found.get(versus)];
    const missing = [control === undefined ? versus : null, challenger === undefined ? arm : null].filter(Boolean);
    if (control === undefined || challenger === undefined)
      return {
        ...nothing(sides, "no_data"),
        message: `${name}: nothing to look at yet with ${missing.join(" and ")}.`,
      };
    return judge({ name, better, alpha, counted, control, challenger, ...sides });
  });
  return { metric: name, better, alpha, means, comparisons };
}

interface Judged extends Pick<CompareOptions, "better" | "alpha"> {
  readonly name: string;
  readonly counted: boolean;
  readonly arm: string;
  readonly versus: string;
  readonly control: ArmSums;
  readonly challenger: ArmSums;
}

function judge({ name, better, alpha, counted, control, challenger, arm, versus }: Judged): AbComparison {
  const [a, b] = [toMoments(control), toMoments(challenger)];
  const sides = { arm, versus };
  const both = `${figure(b.mean)} with ${arm}, ${figure(a.mean)} with ${versus}`;
  const few = tooFew({ control, challenger, counted });
  const effect = absoluteEffect(a, b);
  const known = { ...nothing(sides, "undecided"), estimate: effect.estimate };
  if (few !== null) return { ...known, message: `${name}: ${both}. ${few}` };
  if (!(effect.standardError > 0))
    return { ...known, message: `${name}: ${both}, the same for every unit. That tells nothing of chance.` };
  const { lower, upper } = asymptoticInterval(effect, { alpha });
  const { p } = asymptoticEvidence(effect, { alpha });
  const isDecided = lower > 0 || upper < 0;
  const isBetter = better === "lower" ? upper < 0 : lower > 0;
  const outcome = !isDecided ? "undecided" : isBetter ? "better" : "worse";
  const share = toRelative(a, b, alpha);
  const between = `between ${signed(lower)} and ${signed(upper)}`;
  const shown = share === null ? "" : ` (${share.estimate < 0 ? "" : "+"}${percent(share.estimate)})`;
  const message = isDecided
    ? `${name}: ${both}. The difference is ${signed(effect.estimate)}${shown}, ${between}: ${arm} is ${outcome}.`
    : `${name}: ${both}. The difference may be anything ${between}: not decided.`;
  const relative = share === null ? {} : { relative: share.estimate, relativeInterval: share.interval };
  return { ...known, outcome, message, interval: [lower, upper], p, ...relative };
}

function nothing(
  sides: Pick<AbComparison, "arm" | "versus">,
  outcome: AbComparison["outcome"],
): Omit<AbComparison, "message"> {
  return { ...sides, outcome, estimate: null, interval: null, relative: null, relativeInterval: null, p: null };
}

interface Sizes {
  readonly control: ArmSums;
  readonly challenger: ArmSums;
  readonly counted: boolean;
}

function tooFew({ control, challenger, counted }: Sizes): string | null {
  const units = Math.min(control.units, challenger.units);
  if (units < leastUnits) return `${units} units in an arm are too few to tell: ${leastUnits} it takes.`;
  if (!counted) return null;
  const expected = ((control.sum + challenger.sum) * Math.min(control.n, challenger.n)) / (control.n + challenger.n);
  if (expected >= leastEvents) return null;
  return `It happened ${control.sum + challenger.sum} times in all, which is too rarely to tell.`;
}

function meanOf({ meanValue, meanCount }: ArmSums): number | null {
  return meanValue === null || meanCount === null || meanCount === 0 ? null : meanValue / meanCount;
}

/**
 * Of Σ value / Σ count over units, by the delta method: the variance of (value - ratio x count) / mean count, which is that of the value where
 * each unit counts 1 (A. Deng, U. Knoblich, J. Lu, "Applying the Delta Method in Metric Analytics", KDD 2018).
 */
function toMoments(sums: ArmSums): ArmMoments {
  const { units, meanCount, varianceValue, varianceCount, covariance } = sums;
  const mean = meanOf(sums) ?? Number.NaN;
  if (varianceValue === null || meanCount === null) return { n: units, mean, variance: Number.NaN };
  const residual = varianceValue - 2 * mean * (covariance ?? 0) + mean * mean * (varianceCount ?? 0);
  return { n: units, mean, variance: Math.max(0, residual) / (meanCount * meanCount) };
}

function toRelative(control: ArmMoments, treatment: ArmMoments, alpha: number) {
  if (control.mean === 0) return null;
  const effect: Estimate = relativeEffect(control, treatment);
  const { lower, upper } = asymptoticInterval(effect, { alpha });
  return { estimate: effect.estimate, interval: [lower, upper] as const };
}

function signed(value: number): string {
  return `${value > 0 ? "+" : ""}${figure(value)}`;
}
