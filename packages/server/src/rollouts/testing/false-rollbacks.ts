import {
  absoluteEffect,
  asymptoticInterval,
  createRandom,
  incompleteBeta,
  momentsOfShare,
  unitsToSee,
} from "@slipway/statistics";
import { doubled, harmless } from "./scenarios.ts";
import { binomial, simulateRollout } from "./simulate-rollout.ts";

export interface Simulation {
  /** Simulated rollouts of each scenario. */
  readonly rollouts: number;
  /** Of a harmless rollout that never waits. */
  readonly seconds: number;
  readonly seed: number;
}

export interface FalseRollbacks {
  readonly scenario: string;
  readonly rollouts: number;
  readonly rolledBack: number;
  /** Upper end of the one-sided 95 % interval of Clopper and Pearson for the rate. */
  readonly bound: number;
  /** Median, of both arms together. */
  readonly requests: number;
}

/** How often a version that does no harm is rolled back. Alpha is 5 % a rollout. */
export function* countFalseRollbacks({ rollouts, seconds, seed }: Simulation): Generator<FalseRollbacks> {
  for (const [i, scenario] of harmless(seconds).entries()) {
    const random = createRandom(seed + i);
    const ends = Array.from({ length: rollouts }, () => simulateRollout(scenario, random));
    const rolledBack = ends.filter(({ phase }) => phase !== "succeeded").length;
    const requests = medianOf(ends.map((end) => end.requests));
    yield { scenario: scenario.name, rollouts, rolledBack, bound: upperBound(rolledBack, rollouts), requests };
  }
}

export interface Power {
  /** Median requests of both arms together until the rollback. */
  readonly requests: number;
  /** Rollouts that ended otherwise. */
  readonly missed: number;
  /** At which the one-sided asymptotic sequence is as wide as the effect. */
  readonly needed: number;
  /** Median requests until that sequence leaves 0 behind, on traffic of the same kind. */
  readonly ofSequence: number;
}

/** How soon a canary with 2 % instead of 1 % errors is rolled back at 10 % of the traffic. */
export function measurePower({ rollouts, seed }: Omit<Simulation, "seconds">): Power {
  const random = createRandom(seed);
  const ends = Array.from({ length: rollouts }, () => simulateRollout(doubled, random));
  return {
    requests: medianOf(ends.map((end) => end.requests)),
    missed: ends.filter(({ phase }) => phase !== "rolled_back").length,
    needed: unitsToSee({ rate: 0.01, ratio: 2, share: 0.1 }, { side: "lower" }),
    ofSequence: medianOf(Array.from({ length: rollouts }, () => requestsOfSequence(random))),
  };
}

/** From 100 units an arm and 10 events on, looked at after every 40 requests. */
function requestsOfSequence(random: () => number): number {
  const [control, challenger] = [
    { n: 0, hits: 0 },
    { n: 0, hits: 0 },
  ];
  for (;;) {
    const drawn = binomial(random, 40, 0.1);
    challenger.n += drawn;
    challenger.hits += binomial(random, drawn, 0.02);
    control.n += 40 - drawn;
    control.hits += binomial(random, 40 - drawn, 0.01);
    if (challenger.n < 100 || challenger.hits + control.hits < 10) continue;
    const effect = absoluteEffect(momentsOfShare(control), momentsOfShare(challenger));
    if (asymptoticInterval(effect, { side: "lower" }).lower > 0) return control.n + challenger.n;
  }
}

/** One-sided, 95 %. */
export function upperBound(hits: number, n: number): number {
  if (hits >= n) return 1;
  let [low, high] = [hits / n, 1];
  while (high - low > 1e-9) {
    const middle = (low + high) / 2;
    if (incompleteBeta(middle, hits + 1, n - hits) < 0.95) low = middle;
    else high = middle;
  }
  return high;
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
