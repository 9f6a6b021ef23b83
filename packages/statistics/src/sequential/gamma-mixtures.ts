import { incompleteGamma, logGamma } from "../distributions/gamma.ts";
import { findBound, mixtureRho, type Mixture, type MixtureOptions } from "./mixture.ts";
import { requirePositive } from "./require.ts";

export interface ScaledOptions extends MixtureOptions {
  /** c: how heavy the upper tail of one observation may be, in units of s. > 0; for values of a range of 1 with an empirical v, 1. */
  readonly scale: number;
}

/**
 * For sums with a sub-exponential upper tail of scale c, as sums of bounded values with their empirical variance are: the gamma-exponential
 * mixture (Howard et al. 2021, proposition 9; theorem 4 for the empirical variance). One-sided.
 */
export function gammaExponentialMixture({ scale, ...options }: ScaledOptions): Mixture {
  requirePositive("scale", scale);
  const rho = mixtureRho({ ...options, sides: 1 });
  const square = scale * scale;
  const shape = rho / square;
  const start = shape * Math.log(shape) - logGamma(shape) - Math.log(incompleteGamma(shape, shape)[0]);
  const logE = (s: number, v: number) => {
    const reached = (scale * s + v) / square;
    const grown = (v + rho) / square;
    const rate = reached + shape;
    if (!(rate > 0)) return Number.NEGATIVE_INFINITY;
    return start + logGamma(grown) + Math.log(incompleteGamma(grown, rate)[0]) - grown * Math.log(rate) + reached;
  };
  return { logE, bound: findBound(logE) };
}

/** For sums with a sub-Poisson upper tail of scale c, as sums of values that are at most c above their mean: proposition 10. One-sided. */
export function gammaPoissonMixture({ scale, ...options }: ScaledOptions): Mixture {
  requirePositive("scale", scale);
  const rho = mixtureRho({ ...options, sides: 1 });
  const square = scale * scale;
  const shape = rho / square;
  const start = shape * Math.log(shape) - logGamma(shape) - Math.log(incompleteGamma(shape, shape)[1]);
  const logE = (s: number, v: number) => {
    const rate = (v + rho) / square;
    const grown = s / scale + rate;
    if (!(grown > 0)) return Number.NEGATIVE_INFINITY;
    const [, upper] = incompleteGamma(grown, rate);
    return start + logGamma(grown) + Math.log(upper) - grown * Math.log(rate) + v / square;
  };
  return { logE, bound: findBound(logE) };
}
