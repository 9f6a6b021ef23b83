import type { Estimate } from "./asymptotic.ts";

/** One arm: the mean of its units and their variance. */
export interface ArmMoments {
  readonly n: number;
  readonly mean: number;
  /** Of one unit, not of the mean. */
  readonly variance: number;
}

/** From sums over units: n, Σx, Σx². The variance has n - 1; NaN below two units. */
export function momentsOfSums({
  n,
  sum,
  squares,
}: {
  readonly n: number;
  readonly sum: number;
  readonly squares: number;
}): ArmMoments {
  return { n, mean: sum / n, variance: n < 2 ? Number.NaN : Math.max(0, squares - (sum * sum) / n) / (n - 1) };
}

/** From hits among n units that hit or do not. */
export function momentsOfShare({ n, hits }: { readonly n: number; readonly hits: number }): ArmMoments {
  const mean = hits / n;
  return { n, mean, variance: mean * (1 - mean) };
}

/** Treatment's mean less the control's, in units of the metric. */
export function absoluteEffect(control: ArmMoments, treatment: ArmMoments): Estimate {
  return {
    estimate: treatment.mean - control.mean,
    standardError: Math.sqrt(control.variance / control.n + treatment.variance / treatment.n),
    n: control.n + treatment.n,
  };
}

/**
 * The same as a share of the control's mean, with its standard error by the delta method, as GrowthBook's.
 * @throws RangeError where the control's mean is 0
 */
export function relativeEffect(control: ArmMoments, treatment: ArmMoments): Estimate {
  if (control.mean === 0)
    throw new RangeError("The control's mean is 0: nothing is a share of it. Use the absolute effect.");
  const square = control.mean * control.mean;
  const variance =
    treatment.variance / (treatment.n * square) +
    (control.variance * treatment.mean * treatment.mean) / (control.n * square * square);
  return {
    estimate: (treatment.mean - control.mean) / control.mean,
    standardError: Math.sqrt(variance),
    n: control.n + treatment.n,
  };
}

/**
 * Effects of strata (the steps of a rollout, each with its own weights) as one, weighted by their sizes: free of the bias that pooling has
 * where weights and the base rate move together. Estimate Σ nᵢdᵢ/Σ nᵢ, standard error sqrt(Σ nᵢ²sᵢ²)/Σ nᵢ.
 * @throws RangeError for no strata
 */
export function stratifiedEffect(strata: readonly Estimate[]): Estimate {
  const n = strata.reduce((sum, stratum) => sum + stratum.n, 0);
  if (!(n > 0)) throw new RangeError("There are no strata with units. Give at least one.");
  const estimate = strata.reduce((sum, stratum) => sum + stratum.n * stratum.estimate, 0) / n;
  const variance = strata.reduce((sum, stratum) => sum + (stratum.n * stratum.standardError) ** 2, 0);
  return { estimate, standardError: Math.sqrt(variance) / n, n };
}
