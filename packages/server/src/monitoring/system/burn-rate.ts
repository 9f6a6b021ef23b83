import type { Severity } from "../finding.ts";

/** Requests of a stretch of time, and how many of them were bad. */
export interface Share {
  readonly bad: number;
  readonly total: number;
}

/** The budget burns `burn` times as fast as it may, over a long window and, so that it is still so, over a short one. */
interface BurnPolicy {
  readonly burn: number;
  readonly longMs: number;
  readonly shortMs: number;
  readonly severity: Severity;
}

const hour = 3_600_000;

/** Of the SRE workbook, chapter 5 (multiwindow, multi-burn-rate alerts); the fastest first. */
const burnPolicies: readonly BurnPolicy[] = [
  { burn: 14.4, longMs: hour, shortMs: hour / 12, severity: "critical" },
  { burn: 6, longMs: 6 * hour, shortMs: hour / 2, severity: "critical" },
  { burn: 1, longMs: 72 * hour, shortMs: 6 * hour, severity: "warning" },
];

export interface Burn {
  readonly policy: BurnPolicy;
  readonly long: Share;
  readonly short: Share;
}

/** Fewer bad requests say nothing, whatever their share: one of twenty at night is no fire. */
const fewestBad = 3;

/**
 * The fastest policy that is broken, or null.
 * @param budget share of requests that may be bad, such as 0.001
 * @param shareOf of the stretch of this length that ends now
 */
export function findBurn(budget: number, shareOf: (ms: number) => Share): Burn | null {
  for (const policy of burnPolicies) {
    const [long, short] = [shareOf(policy.longMs), shareOf(policy.shortMs)];
    const most = Math.min(1, policy.burn * budget);
    if (long.bad >= fewestBad && short.bad > 0 && lowerBound(long) > most && short.bad / short.total > most)
      return { policy, long, short };
  }
  return null;
}

/** One-sided 99.9 %. */
const z = 3.0902;

/** Wilson's lower bound of the share of bad ones; 0 of nothing. Wilson, JASA 22 (1927). */
export function lowerBound({ bad, total }: Share): number {
  if (total === 0) return 0;
  const p = bad / total;
  const centre = p + z ** 2 / (2 * total);
  const spread = z * Math.sqrt((p * (1 - p)) / total + z ** 2 / (4 * total ** 2));
  return Math.max(0, (centre - spread) / (1 + z ** 2 / total));
}
