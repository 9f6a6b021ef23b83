import { logGamma } from "../distributions/gamma.ts";
import type { SequentialEvidence } from "./asymptotic.ts";
import { requirePositive } from "./require.ts";

/**
 * The evidence that units did not come to the arms with the shares they should have had, at all times together: the Dirichlet-multinomial
 * Bayes factor of M. Lindon and A. Malek, "Anytime-Valid Inference for Multinomial Count Data", NeurIPS 2022. For shares that changed, sum `logE` over the
 * stretches in which they did not. Units, not requests, where users stay in their arm. (At one look fixed in advance: `chiSquareFit`.)
 * @param counts units of each arm
 * @param shares of each arm, > 0, sum 1
 * @param concentration α₀ = concentration x shares: how near to the shares a mismatch is expected. Default 100
 * @throws RangeError where lengths differ, a count is below 0, or shares are none
 */
export function sampleRatioEvidence(
  counts: readonly number[],
  shares: readonly number[],
  { concentration = 100 }: { readonly concentration?: number } = {},
): SequentialEvidence {
  requirePositive("concentration", concentration);
  const sum = shares.reduce((total, share) => total + share, 0);
  if (counts.length !== shares.length || counts.some((count) => !(count >= 0))) {
    throw new RangeError(
      `The counts are ${counts.join(", ")}. Give one for each of ${shares.length} shares, 0 or more.`,
    );
  }
  if (shares.some((share) => !(share > 0)) || !(Math.abs(sum - 1) < 1e-9)) {
    throw new RangeError(`The shares are ${shares.join(", ")}. They are above 0, and their sum is 1.`);
  }
  const prior = shares.map((share) => concentration * share);
  const posterior = prior.map((value, i) => value + counts[i]!);
  const expected = counts.reduce((total, count, i) => total + count * Math.log(shares[i]!), 0);
  const logE = logMultiBeta(posterior) - logMultiBeta(prior) - expected;
  return { logE, p: Math.min(1, Math.exp(-logE)) };
}

function logMultiBeta(values: readonly number[]): number {
  const parts = values.reduce((total, value) => total + logGamma(value), 0);
  return parts - logGamma(values.reduce((total, value) => total + value, 0));
}
