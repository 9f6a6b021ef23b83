import { absoluteEffect, type Estimate, pairedEffect, stratifiedEffect } from "@slipway/statistics";
import { addSums, clustersOf, type Measured, momentsOf, noSums, type Stratum, type Sums } from "./measured.ts";

/** Fewer units of an arm say nothing that an asymptotic interval could hold. */
export const leastUnits = 100;
/** Of what is counted, of both arms together. */
export const leastEvents = 10;
/** Of an arm: fewer clusters do not tell how much their mean varies, however many units they have. */
const leastClusters = 30;
/** Smaller strata have no variance that one could go by. Told by size alone, so that leaving them out takes no side. */
const leastOfStratum = 10;

/** A stretch in which the traffic was divided. */
export type Divided = Stratum & { readonly share: number };

type Compared = Pick<Measured, "strata" | "pairs" | "isSticky">;

export function listDivided(strata: readonly Stratum[]): Divided[] {
  return strata.filter((stratum): stratum is Divided => stratum.share !== null);
}

/**
 * The challenger's mean less the champion's, each stretch compared within itself. Stretches count by what a comparison within them is worth,
 * 4ab/(a + b) of arms with a and b units (all units where both have the same share): a step with 1 % of the traffic would otherwise drown the later ones in its noise.
 * Null: too little is there.
 */
export function effectOf({ strata, pairs, isSticky = false }: Compared): Estimate | null {
  const parts: Estimate[] = [];
  let [challenger, control] = [noSums, noSums];
  for (const stratum of listDivided(strata)) {
    const [a, b] = [clustersOf(stratum.challenger), clustersOf(stratum.control)];
    if (Math.min(a, b) < leastOfStratum) continue;
    challenger = addSums(challenger, stratum.challenger);
    control = addSums(control, stratum.control);
    const effect = absoluteEffect(momentsOf(stratum.control), momentsOf(stratum.challenger));
    parts.push({ ...effect, n: (4 * a * b) / (a + b) });
  }
  const paired = pairs === null ? 0 : clustersOf(pairs.difference);
  if (pairs !== null && paired >= leastOfStratum) {
    challenger = addSums(challenger, pairs.difference);
    control = addSums(control, pairs.difference);
    parts.push(pairedEffect(momentsOf(pairs.difference)));
  }
  const isEnough = [challenger, control].every((arm) => arm.n >= leastUnits && clustersOf(arm) >= leastClusters);
  if (!isEnough) return null;
  const effect = stratifiedEffect(parts);
  if (!isSticky) return effect;
  // The same units are in many of the stretches, which vary together: at most as if they were one.
  return { ...effect, standardError: parts.reduce((sum, each) => sum + each.n * each.standardError, 0) / effect.n };
}

/** The same of the metric times -1. */
export function negated({ strata, pairs, ...rest }: Compared): Compared {
  const negate = (sums: Sums): Sums => ({ ...sums, sum: -sums.sum });
  return {
    ...rest,
    strata: strata.map((each) => ({ ...each, challenger: negate(each.challenger), control: negate(each.control) })),
    pairs: pairs === null ? null : { ...pairs, difference: negate(pairs.difference) },
  };
}
