import { normalCdf } from "../distributions/normal.ts";
import { findBound, mixtureRho, type Mixture, type SidedOptions } from "./mixture.ts";

/**
 * The mixture of normal likelihood ratios, for sums that are sub-Gaussian with variance v (Howard et al. 2021, propositions 5 and 6).
 * Two-sided: E = sqrt(ρ/(v + ρ)) exp(s²/(2(v + ρ))). One-sided, on the half-normal: twice that times Φ(s/sqrt(v + ρ)).
 */
export function normalMixture(options: SidedOptions): Mixture {
  const rho = mixtureRho(options);
  const twoSided = (s: number, v: number) => Math.log(rho / (v + rho)) / 2 + (s * s) / (2 * (v + rho));
  if (options.sides === 2) {
    return {
      logE: twoSided,
      bound: (v, alpha) => Math.sqrt((v + rho) * (Math.log1p(v / rho) - 2 * Math.log(alpha))),
    };
  }
  const logE = (s: number, v: number) => twoSided(s, v) + Math.log(2 * normalCdf(s / Math.sqrt(v + rho)));
  return { logE, bound: findBound(logE) };
}
