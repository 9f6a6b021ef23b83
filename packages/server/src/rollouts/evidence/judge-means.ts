import { asymptoticEvidence, asymptoticInterval, type Estimate } from "@slipway/statistics";
import type { Evidence } from "../verdict.ts";
import { toArms } from "./arms.ts";
import type { ComparedMetric } from "./compared.ts";
import { effectOf, listDivided, negated } from "./effect-of.ts";
import { explain, toVerdict } from "./judge-events.ts";
import { addSums, type Measured, noSums } from "./measured.ts";
import { toFinite, toLeaning } from "./to-leaning.ts";
import { toMean } from "./words.ts";

/** What is averaged: an asymptotic confidence sequence for the difference of the means. */
export function judgeMeans(compared: ComparedMetric, measured: Measured): Evidence {
  const { spec, role } = compared;
  const { pairs, window } = measured;
  const divided = listDivided(measured.strata);
  const challenger = [...divided.map((each) => each.challenger), pairs?.challenger ?? noSums].reduce(addSums);
  const control = [...divided.map((each) => each.control), pairs?.control ?? noSums].reduce(addSums);
  const isHigherBetter = spec.source.kind === "sql" && spec.source.better === "higher";
  const effect = effectOf(isHigherBetter ? negated(measured) : measured);
  const { logHarm, p, logBetter, isBetter, ends } = testMeans(effect, compared);
  const leaning = toLeaning({ logHarm, logBetter, alpha: spec.alpha });
  const isEnough = effect !== null;
  const told = explain(compared, { leaning, isEnough, isBetter, e: Math.exp(logHarm) });
  return {
    metric: spec.name,
    role,
    verdict: toVerdict(compared, { leaning, isEnough }),
    message:
      Math.min(challenger.n, control.n) === 0
        ? `${spec.name}: the traffic was never divided between the two versions, so there is nothing to compare.`
        : `${spec.name} of the challenger is ${toMean(spec, challenger)}, and ${toMean(spec, control)} of the champion ${pairs === null ? "at the same time" : "for the same requests"}: ${told}.`,
    arms: toArms(compared, { challenger, control }),
    estimate: effect === null ? null : isHigherBetter ? -effect.estimate : effect.estimate,
    interval: ends === null ? null : isHigherBetter ? [-ends[1], -ends[0]] : ends,
    eValue: toFinite(Math.exp(logHarm)),
    p,
    alpha: spec.alpha,
    window,
  };
}

interface MeansTest {
  readonly logHarm: number;
  readonly p: number;
  /** That it is not worse by more than the margin: without one, that it is better. */
  readonly logBetter: number;
  /** Whatever the margin is, better is proven. */
  readonly isBetter: boolean;
  /** Each holds at all times together, by itself. */
  readonly ends: readonly [lower: number, upper: number] | null;
}

function testMeans(effect: Estimate | null, { spec, tuning }: ComparedMetric): MeansTest {
  if (effect === null) return { logHarm: 0, p: 1, logBetter: 0, isBetter: false, ends: null };
  const { alpha, margin } = spec;
  // Where all differences are the same, there is no doubt.
  const standardError = Math.max(effect.standardError, Number.EPSILON * Math.max(1, Math.abs(effect.estimate)));
  const sure = { ...effect, standardError };
  const harm = asymptoticEvidence(sure, { alpha, tuning, side: "lower", null: margin });
  const better = asymptoticEvidence(sure, { alpha, tuning, side: "upper", null: margin });
  return {
    logHarm: harm.logE,
    p: harm.p,
    logBetter: better.logE,
    isBetter: asymptoticEvidence(sure, { alpha, tuning, side: "upper", null: 0 }).logE >= -Math.log(alpha),
    ends: [
      asymptoticInterval(sure, { alpha, tuning, side: "lower" }).lower,
      asymptoticInterval(sure, { alpha, tuning, side: "upper" }).upper,
    ],
  };
}
