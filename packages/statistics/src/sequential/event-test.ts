/** The rate ratios (candidate's to champion's) that the test bets on. */
export const EVENT_RATIOS = [1.25, 1.5, 2, 3, 5, 10] as const;

/**
 * The part of the stake on each. Most is on what takes long to prove: against equal parts, of simulated canaries of 10 % at α = 0.05, 1.5 and 2
 * times as many events are seen a sixth sooner, 1.2 times as soon, 3 times 5 % later, 10 times after 9 events instead of 7.
 */
export const EVENT_WEIGHTS = [6 / 32, 2 / 32, 18 / 32, 4 / 32, 1 / 32, 1 / 32] as const;

/** What is known of the events so far: plain data, the same in any order of the events, merged by adding. */
export interface EventTest {
  /** δ: the candidate's rate may be 1 + δ times the champion's before it counts as harm. */
  readonly tolerate: number;
  /** Sums of log-likelihood ratios, one for each of `EVENT_RATIOS`. */
  readonly harm: readonly number[];
  /** The same for their inverses: the candidate has fewer events. Without δ. */
  readonly improvement: readonly number[];
  readonly candidate: number;
  readonly champion: number;
}

/** Events that came while the candidate's share was the same. Only events count here, never requests without one. */
export interface Events {
  /** Events of the candidate. */
  readonly candidate: number;
  readonly champion: number;
  /** The probability, in (0, 1), with which a request of the two arms was the candidate's when these were answered. */
  readonly share: number;
}

export interface EventEvidence {
  /** ln E that the candidate's rate is more than 1 + δ times the champion's. */
  readonly logHarm: number;
  /** ln E that the candidate's rate is lower. */
  readonly logImprovement: number;
  /** min(1, 1 / E): may be compared with α after every event, as often as one likes. */
  readonly pHarm: number;
  readonly pImprovement: number;
  readonly events: number;
}

/**
 * A test of "the candidate has no more events than the champion" that is exact at every sample size, may be looked at all the time, and
 * does not care how rates and shares move, as long as both arms are asked at the same time. Given that an event happened while the
 * candidate's share was w, under equal rates it is the candidate's with probability w, and with p = wr/(wr + 1 - w) where the
 * candidate's rate is r times as large. E is the mean, weighted by `EVENT_WEIGHTS`, over `EVENT_RATIOS` of the likelihood ratios of all events: under every ratio up to 1 a
 * supermartingale that starts at 1, so it ever reaches 1/α with probability at most α (J. Ville, 1939; the conditional likelihood
 * ratio as in M. Lindon, D. W. Ham, M. Tingley and I. Bojinov, "Anytime-Valid Inference in Linear Models and Regression-Adjusted Causal
 * Inference", 2022, and M. Lindon, C. Sanden and V. Shirikian, "Rapid Regression Detection in Software Deployments through
 * Sequential Testing", 2022).
 *
 * Events of one user who stays in one arm are not independent: count each user's first event only, or use sums of users.
 * @param options.tolerate δ >= 0: the share under the null hypothesis is then w(1 + δ)/(w(1 + δ) + 1 - w)
 * @throws RangeError for a δ below 0
 */
export function createEventTest({ tolerate = 0 }: { readonly tolerate?: number } = {}): EventTest {
  if (!(tolerate >= 0 && tolerate < Number.POSITIVE_INFINITY)) {
    throw new RangeError(
      `tolerate is ${tolerate}. It is a share of the champion's rate, 0 or more: 0.1 tolerates 10 % more.`,
    );
  }
  const none = EVENT_RATIOS.map(() => 0);
  return { tolerate, harm: none, improvement: none, candidate: 0, champion: 0 };
}

/**
 * The test with these events too.
 * @throws RangeError for a share outside (0, 1) (an arm without traffic has nothing to be compared with) and for counts below 0
 */
export function addEvents(test: EventTest, { candidate, champion, share }: Events): EventTest {
  if (!(share > 0 && share < 1)) {
    throw new RangeError(
      `The candidate's share is ${share}. Events are compared while both arms have traffic: within (0, 1).`,
    );
  }
  if (!(candidate >= 0 && champion >= 0)) {
    throw new RangeError(`There are ${candidate} and ${champion} events. Counts are 0 or more.`);
  }
  const tolerated = tilt(share, 1 + test.tolerate);
  return {
    tolerate: test.tolerate,
    harm: test.harm.map((sum, i) => sum + logRatio({ candidate, champion, share: tolerated }, EVENT_RATIOS[i]!)),
    improvement: test.improvement.map((sum, i) => sum + logRatio({ candidate, champion, share }, 1 / EVENT_RATIOS[i]!)),
    candidate: test.candidate + candidate,
    champion: test.champion + champion,
  };
}

/** One event more. */
export function addEvent(
  test: EventTest,
  { isCandidate, share }: { readonly isCandidate: boolean; readonly share: number },
): EventTest {
  return addEvents(test, { candidate: isCandidate ? 1 : 0, champion: isCandidate ? 0 : 1, share });
}

/**
 * The events of both.
 * @throws RangeError where they tolerate different things
 */
export function mergeEventTests(a: EventTest, b: EventTest): EventTest {
  if (a.tolerate !== b.tolerate) {
    throw new RangeError(
      `One test tolerates ${a.tolerate}, the other ${b.tolerate}. Merge tests with the same tolerate.`,
    );
  }
  return {
    tolerate: a.tolerate,
    harm: a.harm.map((sum, i) => sum + b.harm[i]!),
    improvement: a.improvement.map((sum, i) => sum + b.improvement[i]!),
    candidate: a.candidate + b.candidate,
    champion: a.champion + b.champion,
  };
}

/** @param options.weights of `EVENT_RATIOS`, sum 1, chosen before the first look. Default `EVENT_WEIGHTS` */
export function eventEvidence(
  test: EventTest,
  { weights = EVENT_WEIGHTS }: { readonly weights?: readonly number[] } = {},
): EventEvidence {
  const logHarm = logMixture(test.harm, weights);
  const logImprovement = logMixture(test.improvement, weights);
  return {
    logHarm,
    logImprovement,
    pHarm: Math.min(1, Math.exp(-logHarm)),
    pImprovement: Math.min(1, Math.exp(-logImprovement)),
    events: test.candidate + test.champion,
  };
}

/** ln Σ weight x exp(sum), without overflow. */
export function logMixture(sums: readonly number[], weights: readonly number[]): number {
  const largest = Math.max(...sums);
  return largest + Math.log(sums.reduce((total, sum, i) => total + weights[i]! * Math.exp(sum - largest), 0));
}

/** The candidate's share of the events where its rate is `ratio` times the champion's. */
function tilt(share: number, ratio: number): number {
  return (share * ratio) / (share * ratio + 1 - share);
}

/** ln of the likelihood of the events under `ratio` over that under equal rates. */
function logRatio({ candidate, champion, share }: Events, ratio: number): number {
  // p/w = r/(1 + w(r - 1)) and (1 - p)/(1 - w) = 1/(1 + w(r - 1)).
  return candidate * Math.log(ratio) - (candidate + champion) * Math.log1p(share * (ratio - 1));
}
