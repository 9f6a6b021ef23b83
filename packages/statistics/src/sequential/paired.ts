import { logBeta } from "../distributions/student.ts";
import type { Estimate, SequentialEvidence } from "./asymptotic.ts";
import type { ArmMoments } from "./effect.ts";
import { addEvents, createEventTest, eventEvidence, type EventEvidence } from "./event-test.ts";
import { requirePositive } from "./require.ts";

/** Requests that both versions answered, of which one was right. Where both were right, or both wrong, there is nothing to tell them apart. */
export interface Discordant {
  /** The champion was right, the challenger wrong. */
  readonly championOnly: number;
  readonly challengerOnly: number;
}

/**
 * The evidence that one of two versions is right more often on the same requests, at all times together: McNemar's test as a Beta(a, a) mixture,
 * E = B(b + a, c + a)/B(a, a) 2^(b + c).
 * @param concentration a > 0: ½ for large differences, 10 for small ones. Default ½
 */
export function mcnemarEvidence(
  { championOnly, challengerOnly }: Discordant,
  { concentration: a = 0.5 }: { readonly concentration?: number } = {},
): SequentialEvidence {
  requirePositive("concentration", a);
  requireCounts(championOnly, challengerOnly);
  const logE =
    logBeta(championOnly + a, challengerOnly + a) - logBeta(a, a) + (championOnly + challengerOnly) * Math.LN2;
  return { logE, p: Math.min(1, Math.exp(-logE)) };
}

/**
 * The same with a direction: harm is that the challenger alone is wrong more often than 1 + δ times the champion alone. A discordant pair is an
 * event that is either's with probability ½ (`createEventTest`).
 */
export function pairedHarm(
  { championOnly, challengerOnly }: Discordant,
  options: { readonly tolerate?: number } = {},
): EventEvidence {
  const events = { candidate: championOnly, champion: challengerOnly, share: 0.5 };
  return eventEvidence(addEvents(createEventTest(options), events));
}

/** Differences of losses on the same requests, the challenger's less the champion's, for `asymptoticInterval`: their moments as an estimate. */
export function pairedEffect({ n, mean, variance }: ArmMoments): Estimate {
  return { estimate: mean, standardError: Math.sqrt(variance / n), n };
}

function requireCounts(...counts: readonly number[]): void {
  for (const count of counts)
    if (!(count >= 0)) throw new RangeError(`There are ${count} pairs. Counts are 0 or more.`);
}
