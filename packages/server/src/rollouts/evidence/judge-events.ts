import { addEvents, asymptoticInterval, createEventTest, type EventTest, eventEvidence } from "@slipway/statistics";
import type { Evidence, Verdict } from "../verdict.ts";
import { toArms } from "./arms.ts";
import type { ComparedMetric } from "./compared.ts";
import { type Divided, effectOf, leastEvents, leastUnits, listDivided } from "./effect-of.ts";
import { addSums, type Measured, noSums, type Pairs } from "./measured.ts";
import { toFinite, toLeaning } from "./to-leaning.ts";
import { happens, toCount, toE, toNumber, toRate } from "./words.ts";

/** What is counted: the exact test of events over the whole rollout, whatever the shares were meanwhile. */
export function judgeEvents(compared: ComparedMetric, measured: Measured): Evidence {
  const { spec, role } = compared;
  const { pairs, window } = measured;
  const divided = listDivided(measured.strata);
  const evidence = eventEvidence(testOf(compared, measured));
  const challenger = [...divided.map((each) => each.challenger), pairs?.challenger ?? noSums].reduce(addSums);
  const control = [...divided.map((each) => each.control), pairs?.control ?? noSums].reduce(addSums);
  const least = Math.min(challenger.n, control.n);
  const leaning = toLeaning({ logHarm: evidence.logHarm, logBetter: evidence.logImprovement, alpha: spec.alpha });
  const verdict = toVerdict(compared, { leaning, isEnough: least >= leastUnits });
  const effect = challenger.sum + control.sum < leastEvents ? null : effectOf(measured);
  // How much the rate of requests varies that come in bunches is not known.
  const isBunched = divided.some((each) => each.firsts !== undefined && each.challenger.clusters === undefined);
  const options = { alpha: spec.alpha, tuning: compared.tuning };
  return {
    metric: spec.name,
    role,
    verdict,
    message:
      least === 0
        ? `${spec.name}: the traffic was never divided between the two versions, so there is nothing to compare.`
        : `${toRate(spec, challenger)} of the challenger ${happens(spec)}, and ${toRate(spec, control)} of the champion at the same time${toUnits(divided)}: ${explain(compared, { leaning, isEnough: least >= leastUnits, isBetter: leaning === "better", e: Math.exp(evidence.logHarm) })}.`,
    arms: toArms(compared, { challenger, control }),
    estimate: effect?.estimate ?? null,
    interval:
      effect === null || isBunched
        ? null
        : [
            asymptoticInterval(effect, { ...options, side: "lower" }).lower,
            asymptoticInterval(effect, { ...options, side: "upper" }).upper,
          ],
    eValue: toFinite(Math.exp(evidence.logHarm)),
    p: evidence.pHarm,
    alpha: spec.alpha,
    window,
  };
}

function testOf({ spec }: ComparedMetric, { strata, pairs }: Measured): EventTest {
  let test = createEventTest({ tolerate: spec.tolerate });
  for (const { challenger, control, share, firsts } of listDivided(strata))
    test = addEvents(test, {
      candidate: firsts?.challenger ?? challenger.sum,
      champion: firsts?.control ?? control.sum,
      share,
    });
  return pairs === null ? test : addPairs(test, pairs);
}

/**
 * Of pairs those count in which it happened to one side only. Where some worsening is tolerated that would be a bound on those alone, so that all events
 * count: an event of both multiplies E by r/(1 + w(r - 1))², which makes up for the share w of (1 + δ)/(2 + δ), so that E stays a supermartingale.
 */
function addPairs(test: EventTest, { firsts, challenger, control, challengerOnly, controlOnly }: Pairs): EventTest {
  const all = firsts ?? { challenger: challenger.sum, control: control.sum };
  const [candidate, champion] = test.tolerate > 0 ? [all.challenger, all.control] : [challengerOnly, controlOnly];
  return addEvents(test, { candidate, champion, share: 0.5 });
}

/** What is judged where it happened to some more than once. */
function toUnits(divided: readonly Divided[]): string {
  const count = (arm: "challenger" | "control") =>
    divided.reduce((sum, each) => sum + (each.firsts?.[arm] ?? each[arm].sum), 0);
  const isSame = divided.every(
    ({ firsts, challenger, control }) =>
      firsts === undefined || (firsts.challenger === challenger.sum && firsts.control === control.sum),
  );
  return isSame
    ? ""
    : ` (${toCount(count("challenger"))} and ${toCount(count("control"))} where each unit counts once)`;
}

type Leaning = ReturnType<typeof toLeaning>;

export function toVerdict(
  { role }: ComparedMetric,
  { leaning, isEnough }: { readonly leaning: Leaning; readonly isEnough: boolean },
): Verdict {
  if (leaning === "harm") return "fail";
  if (role === "goal") return leaning === "better" ? "pass" : "inconclusive";
  return isEnough && leaning !== "to harm" ? "pass" : "inconclusive";
}

interface Explained {
  readonly leaning: Leaning;
  readonly isEnough: boolean;
  /** Better than the champion is proven; with a margin `leaning` says less. */
  readonly isBetter: boolean;
  readonly e: number;
}

export function explain({ role, spec }: ComparedMetric, { leaning, isEnough, isBetter, e }: Explained): string {
  const needed = `harm is proven at ${toE(1 / spec.alpha)}, this is ${toE(e)}`;
  if (leaning === "harm") return `that is harm (${needed})`;
  if (isBetter) return "that is an improvement";
  if (leaning === "better") return `it is not worse by more than the margin of ${toNumber(spec.margin)}, proven`;
  if (!isEnough) return `too few for a verdict, which takes ${leastUnits} of each (${needed})`;
  if (leaning === "to harm") return `it leans to harm, which is not proven (${needed})`;
  return role === "goal" ? `no difference is proven yet (${needed})` : `no harm is in sight (${needed})`;
}
