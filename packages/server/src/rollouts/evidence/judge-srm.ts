import { sampleRatioEvidence } from "@slipway/statistics";
import type { Evidence } from "../verdict.ts";
import { listDivided } from "./effect-of.ts";
import { addSums, noSums, type Stratum } from "./measured.ts";
import { toFinite } from "./to-leaning.ts";
import { toCount, toNumber } from "./words.ts";

/** Of whole rollouts: a mismatch is a fault of the machinery, never chance that one lives with. */
const alpha = 0.001;

/**
 * Whether requests came to the arms with the shares that they should have had. Where users stay with their arm their requests come together, so that counts of
 * requests prove nothing: it says so.
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
  const isOff = !hasUnit && logE >= -Math.log(alpha);
  const counts = `The challenger got ${toCount(challenger)} of ${toCount(challenger + control)} requests, ${toNumber(expected)} were to be expected`;
  const told = hasUnit
    ? "units stay with their arm, so requests do not tell whether that is chance; the A/B report looks at units"
    : isOff
      ? "that is no chance, so nothing can be told from a comparison. Look for requests that are lost or sent twice"
      : "as it should be";
  return {
    metric: "srm",
    role: "srm",
    verdict: isOff ? "fail" : challenger + control === 0 ? "inconclusive" : "pass",
    message: challenger + control === 0 ? "No request was divided between the arms yet." : `${counts}: ${told}.`,
    arms: [
      { arm: "challenger", n: challenger, events: null, mean: null },
      { arm: "champion", n: control, events: null, mean: null },
    ],
    estimate: null,
    interval: null,
    eValue: hasUnit ? null : toFinite(Math.exp(logE)),
    p: hasUnit ? null : Math.min(1, Math.exp(-logE)),
    alpha,
    window,
  };
}
