import { quantileOfSorted } from "../quantile.ts";
import { sortNumbers } from "../sort.ts";

export interface SeriesOptions {
  /** Values of the past that say what is usual. */
  readonly window?: number;
  /** Values of one season (24 for hours of a day), null for none. It counts once three seasons are there. */
  readonly season?: number | null;
  /** How many robust standard deviations away is an anomaly. */
  readonly threshold?: number;
  /** Values before the first verdict. */
  readonly least?: number;
  /** The smallest standard deviation that is believed, in units of the values. */
  readonly floor?: number;
  /** The same as a share of the expected value. */
  readonly relativeFloor?: number;
  /** The values are counts: they spread at least as Poisson's. */
  readonly counts?: boolean;
}

export interface SeriesVerdict {
  readonly verdict: "usual" | "anomaly" | "insufficient";
  /** NaN where it is insufficient. */
  readonly expected: number;
  /** The robust standard deviation around it. */
  readonly deviation: number;
  /** (value - expected) / deviation; infinite where nothing ever deviated. */
  readonly score: number;
}

/** 1 / Φ⁻¹(3/4): makes the median of absolute deviations the standard deviation of a normal distribution. */
const MAD_TO_DEVIATION = 1.482602218505602;
const SEASONS = 8;

/**
 * Whether a value is unusual for a series: the distance from the median of its past, in standard deviations by the median of absolute
 * deviations (P. J. Rousseeuw and C. Croux, 1993), which up to half of outliers do not move. With a season, the median is that of the
 * same place of earlier seasons, moved by what the last values differ from theirs.
 * @param history oldest first, evenly spaced; NaN where a value is missing
 */
export function judgeNext(history: ArrayLike<number>, value: number, options: SeriesOptions = {}): SeriesVerdict {
  const { threshold = 5, least = 20, floor = 0, relativeFloor = 0.01, counts = false } = options;
  const { window = 120, season = null } = options;
  const past = Array.from({ length: Math.min(window, history.length) }, (_, i) => history.length - 1 - i);
  const known = past.filter((at) => !Number.isNaN(history[at]!));
  if (known.length < least || Number.isNaN(value))
    return { verdict: "insufficient", expected: Number.NaN, deviation: Number.NaN, score: Number.NaN };
  const usual = season === null ? null : createSeasonal(history, season);
  const seasonal =
    usual !== null && !Number.isNaN(usual(history.length)) && known.every((at) => !Number.isNaN(usual(at)));
  const residuals = known.map((at) => history[at]! - (seasonal ? usual(at) : 0));
  const level = median(residuals);
  const expected = level + (seasonal ? usual(history.length) : 0);
  const absolute = residuals.map((residual) => Math.abs(residual - level));
  const deviation = Math.max(
    MAD_TO_DEVIATION * median(absolute),
    floor,
    relativeFloor * Math.abs(expected),
    counts ? Math.sqrt(Math.max(1, expected)) : 0,
  );
  const score = value === expected ? 0 : (value - expected) / deviation;
  return { verdict: Math.abs(score) > threshold ? "anomaly" : "usual", expected, deviation, score };
}

/** What the same place of earlier seasons had, NaN under two of them. */
function createSeasonal(history: ArrayLike<number>, season: number): (at: number) => number {
  return (at) => {
    const earlier: number[] = [];
    for (let place = at - season; place >= 0 && earlier.length < SEASONS; place -= season) {
      if (!Number.isNaN(history[place]!)) earlier.push(history[place]!);
    }
    return earlier.length < 2 ? Number.NaN : median(earlier);
  };
}

function median(values: readonly number[]): number {
  return quantileOfSorted(sortNumbers(values), 0.5);
}
