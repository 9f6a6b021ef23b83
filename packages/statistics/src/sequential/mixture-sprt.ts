import type { SequentialEvidence } from "./asymptotic.ts";
import { requirePositive } from "./require.ts";

export interface MixtureSprtOptions {
  /** V of one observation. */
  readonly variance: number;
  /** τ²: of the effects that are expected. */
  readonly mixing: number;
  /** θ₀: the mean under the null hypothesis. Default 0. */
  readonly null?: number;
}

/**
 * The mixture sequential probability ratio test for the mean of normal observations of known variance (R. Johari, P. Koomen, L. Pekelis and
 * D. Walsh, "Always Valid Inference: Continuous Monitoring of A/B Tests", Operations Research 2022): Λ = sqrt(V/(V + nτ²))
 * exp(n²τ²(d̄ - θ₀)²/(2V(V + nτ²))). It is the two-sided `normalMixture` with s = Σ(d - θ₀)/sqrt(V), v = n and ρ = V/τ². The p to
 * report is the least so far, which the caller keeps.
 */
export function mixtureSprt(
  { n, mean }: { readonly n: number; readonly mean: number },
  { variance, mixing, null: start = 0 }: MixtureSprtOptions,
): SequentialEvidence {
  requirePositive("variance", variance);
  requirePositive("mixing", mixing);
  const grown = variance + n * mixing;
  const gap = mean - start;
  const logE = Math.log(variance / grown) / 2 + (n * n * mixing * gap * gap) / (2 * variance * grown);
  return { logE, p: Math.min(1, Math.exp(-logE)) };
}
