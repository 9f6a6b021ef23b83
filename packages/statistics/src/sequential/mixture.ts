import { requireAlpha, requirePositive } from "./require.ts";
import { bisect } from "./solve.ts";

/**
 * A process that starts at 1 and is a supermartingale where the sum s of what was observed, less its expectation, has the intrinsic time v
 * (a variance, summed): its E ever reaches 1/α with probability at most α, so s ever leaves `bound` with probability at most α.
 * From S. R. Howard, A. Ramdas, J. McAuliffe and J. Sekhon, "Time-uniform, nonparametric, nonasymptotic confidence sequences", Annals of
 * Statistics 2021, whose authors' package confseq 0.0.11 the tests are held against.
 */
export interface Mixture {
  /** ln E. */
  readonly logE: (s: number, v: number) => number;
  /** The largest s with E <= 1/α. */
  readonly bound: (v: number, alpha: number) => number;
}

export interface MixtureOptions {
  /** The v at which the bound is to be tightest. > 0. */
  readonly vOpt: number;
  /** The α for which it is. Default 0.05. */
  readonly alpha?: number;
}

export interface SidedOptions extends MixtureOptions {
  /** Whether s may go too far up only, or both ways. */
  readonly sides: 1 | 2;
}

/**
 * ρ with which the normal mixture is tightest at vOpt. One-sided with 2α.
 * @throws RangeError for vOpt <= 0 and α outside (0, 1), one-sided (0, 0.5)
 */
export function mixtureRho({ vOpt, alpha = 0.05, sides }: SidedOptions): number {
  requirePositive("vOpt", vOpt);
  requireAlpha(alpha, sides === 1 ? 0.5 : 1);
  const log = -2 * Math.log(sides === 1 ? 2 * alpha : alpha);
  return vOpt / (log + Math.log1p(log));
}

/** The bound of any mixture, by halving. `most` says the largest s that can be, where there is one. */
export function findBound(logE: Mixture["logE"], most?: (v: number) => number): Mixture["bound"] {
  return (v, alpha) => {
    requireAlpha(alpha);
    const isAbove = (s: number) => logE(s, v) > -Math.log(alpha);
    if (most !== undefined) return isAbove(most(v)) ? bisect(0, most(v), isAbove) : most(v);
    let high = Math.max(v, Number.MIN_VALUE);
    for (let i = 0; !isAbove(high); i++) {
      if (i > 1100) throw new RangeError(`There is no bound at v = ${v}.`);
      high *= 2;
    }
    return bisect(0, high, isAbove);
  };
}
