import { normalTail } from "../distributions/normal.ts";
import { asymptoticHalfWidth, type AsymptoticOptions } from "./asymptotic.ts";
import { createEventTest, EVENT_RATIOS, EVENT_WEIGHTS, type EventTest, logMixture } from "./event-test.ts";
import { requireAlpha, requirePositive } from "./require.ts";
import { bisect } from "./solve.ts";

export interface EventPlan {
  /** Events a request of the champion, (0, 1). */
  readonly rate: number;
  /** How many times as large the candidate's rate is, > 0. */
  readonly ratio: number;
  /** The candidate's share of the requests, (0, 1). */
  readonly share: number;
  readonly alpha?: number;
  readonly tolerate?: number;
}

/**
 * About how many more requests, of both arms together, until the event test alarms in half of the cases. The evidence of the best bet is
 * near a Brownian motion with drift, whose time to a height has the inverse normal distribution; the height is what the mixture's expectation
 * needs to reach 1/α. Within a seventh of the medians of simulations. Infinite where the test does not see the ratio.
 * @param test what is known already. Default nothing
 * @throws RangeError where the plan is out of its ranges
 */
export function requestsToAlarm(plan: EventPlan, test?: EventTest): number {
  const { rate, ratio, share, alpha = 0.05 } = plan;
  requireAlpha(alpha);
  requirePositive("rate", rate);
  requirePositive("ratio", ratio);
  if (!(share > 0 && share < 1)) throw new RangeError(`The candidate's share is ${share}. It lies between 0 and 1.`);
  const { harm, tolerate } = test ?? createEventTest({ tolerate: plan.tolerate ?? 0 });
  const candidates = (share * ratio) / (share * ratio + 1 - share);
  const tolerated = (share * (1 + tolerate)) / (share * (1 + tolerate) + 1 - share);
  const drifts = EVENT_RATIOS.map((bet) => candidates * Math.log(bet) - Math.log1p(tolerated * (bet - 1)));
  const logE = (events: number) => {
    const sums = harm.map((sum, i) => sum + events * drifts[i]!);
    return logMixture(sums, EVENT_WEIGHTS);
  };
  const isReached = (events: number) => logE(events) >= -Math.log(alpha);
  if (isReached(0)) return 0;
  if (!drifts.some((drift) => drift > 0)) return Number.POSITIVE_INFINITY;
  let most = 1;
  while (!isReached(most)) most *= 2;
  const events = bisect(0, most, isReached);
  const ends = drifts.map((drift, i) => harm[i]! + events * drift + Math.log(EVENT_WEIGHTS[i]!));
  const best = ends.indexOf(Math.max(...ends));
  const deviation = Math.log(EVENT_RATIOS[best]!) * Math.sqrt(candidates * (1 - candidates));
  const shape = (events * drifts[best]! ** 2) / deviation ** 2;
  return (events * inverseNormalMedian(shape)) / (rate * (1 - share + share * ratio));
}

/** The median of the inverse normal distribution with mean 1 and this shape (J. L. Folks and R. S. Chhikara, 1978). */
function inverseNormalMedian(shape: number): number {
  const root = (x: number) => Math.sqrt(shape / x);
  const far = (x: number) => 2 * shape + Math.log(normalTail(root(x) * (x + 1)));
  return bisect(0, 1, (x) => normalTail(-root(x) * (x - 1)) + Math.exp(far(x)) >= 0.5);
}

/**
 * The units, of both arms together, at which half of the width of an asymptotic interval around a difference of shares is the difference itself:
 * about half of the experiments have seen it by then.
 * @throws RangeError where the plan is out of its ranges
 */
export function unitsToSee(
  { rate, ratio, share }: Pick<EventPlan, "rate" | "ratio" | "share">,
  options: AsymptoticOptions = {},
): number {
  const [control, treatment] = [rate, rate * ratio];
  if (!(control > 0 && treatment > 0 && treatment <= 1) || !(share > 0 && share < 1) || ratio === 1) {
    throw new RangeError(`A rate of ${rate} that becomes ${treatment} at a share of ${share} cannot be planned for.`);
  }
  const variance = (treatment * (1 - treatment)) / share + (control * (1 - control)) / (1 - share);
  const isSeen = (n: number) =>
    asymptoticHalfWidth(Math.sqrt(variance / n), n, options) <= Math.abs(treatment - control);
  let most = 1;
  while (!isSeen(most)) most *= 2;
  return bisect(0, most, isSeen);
}
