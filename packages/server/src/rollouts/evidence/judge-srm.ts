import { sampleRatioEvidence } from "@slipway/statistics";
import type { Evidence } from "../verdict.ts";
import { listDivided } from "./effect-of.ts";
import { addSums, noSums, type Stratum } from "./measured.ts";
import { toFinite } from "./to-leaning.ts";
import { toCount, toNumber } from "./words.ts";

/** Of whole rollouts: a mismatch is a fault of the machinery, never chance that one lives with. */
const alpha = 0.001;

/**
 * Whether the arms got the shares that they should have had.
 * @param strata of requests; where units stay with their arm, of buckets that had none before: the requests of a unit come together, so that counting them proves nothing
 */
export function judgeSrm(
  strata: readonly Stratum[],
  { window, hasUnit }: { readonly window: readonly [from: number, to: number]; readonly hasUnit: boolean },
): Evidence {
  const divided = listDivided(strata);
  const challenger = divided.map((each) => each.challenger).reduce(addSums, noSums).n;
  const control = divided.map((each) => each.control).reduce(addSums, noSums).n;
  const expected = divided.reduce((sum, each) => sum + each.share * (each.challenger.n + each.control.n), 0);
  const logE = divided.reduce(
    (sum, each) => sum + sampleRatioEvidence([each.challenger.n, each.control.n], [each.share, 1 - each.share]).logE,
    0,
  );
  const isOff = logE >= -Math.log(alpha);
  const what = hasUnit ? "buckets of units" : "requests";
  const counts = `The challenger got ${toCount(challenger)} of ${toCount(challenger + control)} ${what}, ${toNumber(expected)} were to be expected`;
  const told = isOff
    ? "that is no chance, so nothing can be told from a comparison. Look for requests that are lost or sent twice"
    : "as it should be";
  return {
    metric: "srm",
    role: "srm",
    verdict: isOff ? "fail" : challenger + control === 0 ? "inconclusive" : "pass",
    message:
      challenger + control === 0
        ? "No request that is surely over was divided between the arms yet."
        : `${counts}: ${told}.`,
    arms: [
      { arm: "challenger", n: challenger, events: null, mean: null },
      { arm: "champion", n: control, events: null, mean: null },
    ],
    estimate: null,
    interval: null,
    eValue: toFinite(Math.exp(logE)),
    p: Math.min(1, Math.exp(-logE)),
    alpha,
    window,
  };
}
