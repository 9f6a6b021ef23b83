import { type ArmMoments, momentsOfSums } from "@slipway/statistics";

/** Sums over the units of one arm. Of what is counted a unit is 0 or 1, so that all three sums say the same: see `ofEvents`. */
export interface Sums {
  readonly n: number;
  readonly sum: number;
  readonly squares: number;
  /** Clusters that were drawn as one (all rows of a request, or of a bucket): `squares` is such that the mean varies as one over clusters does. Left out: each unit is one of its own. */
  readonly clusters?: number;
}

/** What the two arms showed while their shares did not change: one revision of the endpoint, by the buckets or by a rule. */
export interface Stratum {
  readonly revision: number;
  /** With which probability a unit of the two arms came to the challenger, above 0 and below 1. Null: nothing was divided, so nothing can be compared. */
  readonly share: number | null;
  readonly challenger: Sums;
  /** `champion`, or `control` where there is one. */
  readonly control: Sums;
  /** Where units stay with their arm: how many units of each arm it happened to, each where it happened first. Left out: each event is one of its own. */
  readonly firsts?: { readonly challenger: number; readonly control: number };
}

/** Requests that both versions answered. */
export interface Pairs {
  readonly n: number;
  /** Of the challenger's value less the champion's, on the same request. */
  readonly difference: Sums;
  readonly challenger: Sums;
  readonly control: Sums;
  /** Of what is counted: clusters by the first pair in which it happened to one of the two. */
  readonly challengerOnly: number;
  readonly controlOnly: number;
  /** Clusters in which it happened with either. Left out: each pair is one of its own. */
  readonly firsts?: { readonly challenger: number; readonly control: number };
}

/** Whoever had requests in this step and has none any more. */
export interface Quiet {
  readonly challenger: boolean;
  readonly control: boolean;
}

/** All that is known of one metric. */
export interface Measured {
  readonly strata: readonly Stratum[];
  readonly pairs: Pairs | null;
  /** The step that runs now is a shadow: the pairs are what it shows. */
  readonly isShadow: boolean;
  /** What was drawn together is there again in later strata. Left out: it is not. */
  readonly isSticky?: boolean;
  /** Strata from this revision on belong to the step that runs now. */
  readonly stepFrom: number;
  /** Nothing need be there yet: the step has just begun, or no label is due. */
  readonly isEarly: boolean;
  /** Arms that had requests in this step, and for too long none. Left out: none. */
  readonly quiet?: Quiet;
  /** Milliseconds since 1970: [from, to). */
  readonly window: readonly [from: number, to: number];
}

export const noSums: Sums = { n: 0, sum: 0, squares: 0 };

/** @param n units, of which it happened to `events` */
export function ofEvents(n: number, events: number): Sums {
  return { n, sum: events, squares: events };
}

export function clustersOf({ n, clusters }: Sums): number {
  return clusters ?? n;
}

/** Of clusters: their number, and a variance such that the mean over all units varies as it does. */
export function momentsOf(sums: Sums): ArmMoments {
  const moments = momentsOfSums(sums);
  const n = clustersOf(sums);
  return { n, mean: moments.mean, variance: (moments.variance * n) / moments.n };
}

export function addSums(a: Sums, b: Sums): Sums {
  const sums = { n: a.n + b.n, sum: a.sum + b.sum, squares: a.squares + b.squares };
  if (a.clusters === undefined && b.clusters === undefined) return sums;
  return { ...sums, clusters: clustersOf(a) + clustersOf(b) };
}

export function totalOf(strata: readonly Stratum[], arm: "challenger" | "control"): Sums {
  return strata.map((stratum) => stratum[arm]).reduce(addSums, noSums);
}
