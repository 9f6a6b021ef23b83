import type { LimitSpec } from "../spec.ts";
import type { Evidence, Verdict } from "../verdict.ts";
import { toArms } from "./arms.ts";
import { isCounted } from "./compared.ts";
import { leastEvents, leastUnits } from "./effect-of.ts";
import { type Measured, noSums, totalOf } from "./measured.ts";
import { happens, toMean, toNumber, toPercent, toRate } from "./words.ts";

/** What the challenger shows in this step against a bound: no statistics, but for a number that says something at all. */
export function judgeLimit(spec: LimitSpec, { strata, pairs, isShadow, stepFrom, window }: Measured): Evidence {
  const now = strata.filter(({ revision }) => revision >= stepFrom);
  const challenger = isShadow ? (pairs?.challenger ?? noSums) : totalOf(now, "challenger");
  const control = isShadow ? (pairs?.control ?? noSums) : totalOf(now, "control");
  const isRate = isCounted(spec);
  const value = challenger.sum / challenger.n;
  // What somebody counts in SQL may be one row.
  const isEnough =
    spec.source.kind === "sql" || challenger.n >= leastUnits || (isRate && challenger.sum >= leastEvents);
  const broken = isEnough ? findBroken(spec, value, isRate ? toPercent : toNumber) : null;
  const verdict: Verdict = broken !== null ? "fail" : isEnough ? "pass" : "inconclusive";
  const shown = isRate
    ? `${toRate(spec, challenger)} of the challenger ${happens(spec)}`
    : `${spec.name} of the challenger is ${toMean(spec, challenger)}`;
  const told = broken ?? (isEnough ? "within the limit" : `too few for a verdict, which takes ${leastUnits}`);
  return {
    metric: spec.name,
    role: "limit",
    verdict,
    message: `${shown}: ${told}.`,
    arms: toArms({ role: "limit", spec }, { challenger, control }),
    estimate: null,
    interval: null,
    eValue: null,
    p: null,
    alpha: null,
    window,
    details: { value, min: spec.min, max: spec.max },
  };
}

/** What is wrong with the value; null: nothing. */
export function findBroken({ min, max }: LimitSpec, value: number, show: (value: number) => string): string | null {
  if (max !== null && value > max) return `at most ${show(max)} is allowed`;
  if (min !== null && value < min) return `at least ${show(min)} is asked for`;
  return null;
}
