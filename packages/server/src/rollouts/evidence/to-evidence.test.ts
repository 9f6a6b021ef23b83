import { addEvents, createEventTest, createRandom, eventEvidence } from "@slipway/statistics";
import { expect, test } from "vitest";
import type { MetricSource, MetricSpec } from "../spec.ts";
import type { Verdict } from "../verdict.ts";
import type { ComparedMetric } from "./compared.ts";
import { judgeSrm } from "./judge-srm.ts";
import { addSums, type Measured, noSums, ofEvents, type Pairs, type Stratum, type Sums } from "./measured.ts";
import { toEvidence } from "./to-evidence.ts";
import { toStrata } from "./to-strata.ts";
import { tuningOf } from "./tuning-of.ts";

const counted: MetricSource = { kind: "counter", metric: "errors" };
const averaged: MetricSource = { kind: "label", metric: "brier" };

function compared(
  source: MetricSource,
  own: Partial<MetricSpec> = {},
  role: ComparedMetric["role"] = "guardrail",
): ComparedMetric {
  return { role, spec: { name: "it", source, tolerate: 0, margin: 0, alpha: 0.05, ...own }, tuning: 5000 };
}

const early = { stepFrom: 1, isEarly: true, isShadow: false, window: [0, 1] } as const;
const measured = (strata: readonly Stratum[], own: Partial<Measured> = {}): Measured => ({
  ...early,
  isEarly: false,
  strata,
  pairs: null,
  ...own,
});
const stratum = (challenger: Sums, control: Sums, share: number | null = 0.5, revision = 1): Stratum => ({
  revision,
  share,
  challenger,
  control,
});
const around = (n: number, mean: number, spread = 0.1): Sums => ({
  n,
  sum: n * mean,
  squares: n * (mean * mean + spread * spread),
});

const verdictOf = (metric: ComparedMetric, strata: readonly Stratum[], own: Partial<Measured> = {}): Verdict =>
  toEvidence(metric, measured(strata, own)).verdict;

test.each<[string, Sums, Sums, Verdict]>([
  ["nothing happens", ofEvents(100, 0), ofEvents(900, 0), "pass"],
  ["too few requests", ofEvents(99, 0), ofEvents(900, 0), "inconclusive"],
  ["as often", ofEvents(1000, 10), ofEvents(9000, 90), "pass"],
  ["it leans to harm", ofEvents(1000, 18), ofEvents(9000, 90), "inconclusive"],
  ["twice as often", ofEvents(1000, 30), ofEvents(9000, 90), "fail"],
  ["every one of twelve", ofEvents(12, 12), ofEvents(108, 0), "fail"],
])("what is counted: %s", (_, challenger, control, verdict) => {
  expect(verdictOf(compared(counted), [stratum(challenger, control, 0.1)])).toBe(verdict);
});

test("log-likelihoods of steps add up", () => {
  const test = addEvents(createEventTest(), { candidate: 5, champion: 3, share: 0.2 });
  const golden = eventEvidence(test).logHarm;
  const whole = toEvidence(compared(counted), measured([stratum(ofEvents(200, 5), ofEvents(800, 3), 0.2)]));
  const parts = [
    stratum(ofEvents(100, 1), ofEvents(400, 2), 0.2, 1),
    stratum(ofEvents(100, 4), ofEvents(400, 1), 0.2, 2),
  ];
  for (const evidence of [whole, toEvidence(compared(counted), measured(parts))]) {
    expect(Math.log(evidence.eValue!)).toBeCloseTo(golden, 8);
    expect(evidence.p).toBeCloseTo(Math.exp(-golden), 8);
  }
  expect(whole).toMatchObject({
    estimate: null,
    alpha: 0.05,
    arms: [{ arm: "challenger", n: 200, events: 5, mean: 0.025 }, { n: 800 }],
  });
});

test("a tolerated worsening is none", () => {
  const strata = [stratum(ofEvents(10_000, 130), ofEvents(10_000, 80))];
  expect(verdictOf(compared(counted), strata)).toBe("fail");
  expect(verdictOf(compared(counted, { tolerate: 0.5 }), strata)).toBe("pass");
});

test.each<[string, number, Partial<MetricSpec>, Verdict, Verdict]>([
  ["the same", 0.2, {}, "pass", "inconclusive"],
  ["worse", 0.25, {}, "fail", "fail"],
  ["worse within the margin", 0.25, { margin: 0.1 }, "pass", "pass"],
  ["better", 0.15, {}, "pass", "pass"],
])("what is averaged: %s", (_, mean, own, guardrail, goal) => {
  const strata = [stratum(around(1000, mean), around(1000, 0.2))];
  expect(verdictOf(compared(averaged, own), strata)).toBe(guardrail);
  expect(verdictOf(compared(averaged, own, "goal"), strata)).toBe(goal);
});

test("within the margin is no improvement, and is not called one", () => {
  const told = (mean: number, margin: number) => {
    const strata = [stratum(around(1000, mean), around(1000, 0.2))];
    const { verdict, message } = toEvidence(compared(averaged, { margin }, "goal"), measured(strata));
    return [verdict, message.split(": ")[1]];
  };
  expect(told(0.25, 0.1)).toEqual(["pass", "it is not worse by more than the margin of 0.1, proven."]);
  expect(told(0.2, 0.1)).toEqual(["pass", "it is not worse by more than the margin of 0.1, proven."]);
  for (const margin of [0, 0.1]) expect(told(0.15, margin)).toEqual(["pass", "that is an improvement."]);
});

test("of which more is better", () => {
  const value = compared({ kind: "sql", sql: "", better: "higher" });
  const evidence = toEvidence(value, measured([stratum(around(1000, 10, 5), around(1000, 12, 5))]));
  expect(evidence).toMatchObject({ verdict: "fail", estimate: -2 });
  expect(evidence.interval![0]).toBeLessThan(-2);
  expect(evidence.interval![1]).toBeLessThan(0);
});

test("a rate that drifts while the share grows is no effect", () => {
  // Pooled, the challenger looks four times as bad: it had most of its traffic when it was bad for both.
  const drifting = [
    [100, 9900, 0.02],
    [1000, 9000, 0.05],
    [5000, 5000, 0.1],
  ] as const;
  const of = (source: MetricSource) =>
    drifting.map(([a, b, rate], i) => {
      const sums = (n: number) => (source === counted ? ofEvents(n, n * rate) : around(n, rate, 0.05));
      return stratum(sums(a), sums(b), a / (a + b), i + 1);
    });
  for (const source of [counted, averaged]) {
    const evidence = toEvidence(compared(source), measured(of(source)));
    expect(evidence.verdict).toBe("pass");
    expect(evidence.estimate).toBeCloseTo(0, 10);
  }
});

const pairs = (n: number, challengerOnly: number, controlOnly: number, both = 0): Pairs => ({
  n,
  challengerOnly,
  controlOnly,
  difference: { n, sum: challengerOnly - controlOnly, squares: challengerOnly + controlOnly },
  challenger: ofEvents(n, challengerOnly + both),
  control: ofEvents(n, controlOnly + both),
});

test("pairs: only those in which the two differ tell, unless some worsening is tolerated", () => {
  const shadow = { isShadow: true } as const;
  expect(verdictOf(compared(counted), [], { ...shadow, pairs: pairs(200, 30, 8, 50) })).toBe("fail");
  expect(verdictOf(compared(counted), [], { ...shadow, pairs: pairs(200, 8, 30, 50) })).toBe("pass");
  expect(verdictOf(compared(counted, {}, "goal"), [], { ...shadow, pairs: pairs(200, 8, 30, 50) })).toBe("pass");
  // 12 more in 1,000: a hundredth more of what happens anyway.
  expect(verdictOf(compared(counted), [], { ...shadow, pairs: pairs(5000, 14, 2, 1000) })).toBe("fail");
  expect(verdictOf(compared(counted, { tolerate: 0.1 }), [], { ...shadow, pairs: pairs(5000, 14, 2, 1000) })).toBe(
    "pass",
  );
});

test("nothing to look at is said as such, and never hides harm", () => {
  const silent = [stratum(noSums, ofEvents(50, 0), 0.1)];
  expect(verdictOf(compared(counted), silent)).toBe("no_data");
  expect(verdictOf(compared(counted), silent, { isEarly: true })).toBe("inconclusive");
  expect(verdictOf(compared(counted), [], { isShadow: true })).toBe("no_data");
  const harmful = stratum(ofEvents(100, 50), ofEvents(900, 0), 0.1);
  expect(verdictOf(compared(counted), [harmful, { ...silent[0]!, revision: 2 }], { stepFrom: 2 })).toBe("fail");
  // All of the traffic on one side: the champion is not missing.
  expect(verdictOf(compared(counted), [stratum(ofEvents(100, 0), noSums, null, 1)])).toBe("inconclusive");
});

test("limits hold at once, of this step alone, once the number says something", () => {
  const limit = (own: object, strata: readonly Stratum[], source: MetricSource = counted) =>
    toEvidence(
      { role: "limit", spec: { ...compared(source).spec, min: null, max: null, ...own } },
      measured(strata, { stepFrom: 2 }),
    );
  const before = stratum(ofEvents(100, 90), noSums, 0.5, 1);
  expect(limit({ max: 0.05 }, [before, stratum(ofEvents(100, 5), noSums, null, 2)]).verdict).toBe("pass");
  expect(limit({ max: 0.05 }, [stratum(ofEvents(100, 6), noSums, null, 2)])).toMatchObject({
    verdict: "fail",
    message: "6 % of 100 requests of the challenger failed: at most 5 % is allowed.",
  });
  expect(limit({ max: 0.05 }, [stratum(ofEvents(9, 9), noSums, 0.5, 2)]).verdict).toBe("inconclusive");
  expect(limit({ max: 0.05 }, [stratum(ofEvents(10, 10), noSums, 0.5, 2)]).verdict).toBe("fail");
  expect(limit({ min: 0.3 }, [stratum(around(100, 0.2), noSums, 0.5, 2)], averaged).verdict).toBe("fail");
});

test("a sample ratio that is off", () => {
  const of = (a: number, b: number, hasUnit = false) =>
    judgeSrm([stratum(ofEvents(a, 0), ofEvents(b, 0), 0.5, 1)], { window: [0, 1], hasUnit });
  expect(of(5000, 5000).verdict).toBe("pass");
  expect(of(5400, 4600)).toMatchObject({ verdict: "fail", role: "srm" });
  // Section 2.7 of the study, with the concentration 100.
  expect(Math.log(of(5200, 4800).eValue!)).toBeCloseTo(5.613613, 5);
  expect(of(540, 460, true).message).toMatch(
    /^The challenger got 540 of 1,000 buckets of units, 500 were to be expected: /,
  );
  expect(of(0, 0).verdict).toBe("inconclusive");
});

test("clusters, not their units, are what a verdict takes", () => {
  const rows = (mean: number, clusters: number) => ({ ...around(1000, mean, 0.05), clusters });
  const verdict = (clusters: number) =>
    verdictOf(compared(averaged), [stratum(rows(0.3, clusters), rows(0.2, clusters))]);
  expect([verdict(29), verdict(30)]).toEqual(["inconclusive", "fail"]);
  const few: Pairs = { ...pairs(500, 300, 0), difference: { n: 500, sum: 300, squares: 300, clusters: 3 } };
  expect(verdictOf(compared(averaged), [], { isShadow: true, pairs: few })).toBe("inconclusive");
  // 60 rows of 3 requests: the first one of each tells.
  const counts = { challengerOnly: 3, controlOnly: 0, firsts: { challenger: 3, control: 0 } };
  const shadow = { isShadow: true, pairs: { ...pairs(500, 60, 0), ...counts } };
  for (const tolerate of [0, 0.1]) expect(verdictOf(compared(counted, { tolerate }), [], shadow)).toBe("pass");
  expect(verdictOf(compared(counted), [], { ...shadow, pairs: pairs(500, 60, 0) })).toBe("fail");
});

test("units that are in each stretch again prove no more by it", () => {
  const once = [stratum(around(100, 0.25), around(100, 0.2))];
  const again = Array.from({ length: 9 }, (_, i) => ({ ...once[0]!, revision: i + 1 }));
  const widthOf = (strata: readonly Stratum[], isSticky: boolean) => {
    const { interval, estimate } = toEvidence(compared(averaged), measured(strata, { isSticky }));
    return estimate! - interval![0];
  };
  expect(widthOf(again, false)).toBeLessThan(0.35 * widthOf(once, false));
  // Wider by what looking more often takes, and no narrower.
  expect(widthOf(again, true)).toBeGreaterThan(0.5 * widthOf(once, true));
});

test("shares are those on record; what a rule sent is compared with nothing", () => {
  const key = { revision: 3, sums: ofEvents(10, 1) };
  const arms = [
    { ...key, arm: "challenger", via: "bucket", propensity: 0.1 },
    { ...key, arm: "champion", via: "bucket", propensity: 0.9 },
    { ...key, arm: "challenger", via: "rule", propensity: 1 },
    { ...key, revision: 4, arm: "champion", via: "bucket", propensity: 0.75 },
    { ...key, revision: 5, arm: "challenger", via: "bucket", propensity: 1 },
    { ...key, revision: 6, arm: "challenger", via: "shadow", propensity: 1 },
  ] as const;
  expect(
    toStrata(arms, "champion").map(({ revision, share, challenger, control }) => [
      revision,
      share,
      challenger.n,
      control.n,
    ]),
  ).toEqual([
    [3, 0.1, 10, 10],
    [3, null, 10, 0],
    [4, 0.25, 0, 10],
    [5, null, 10, 0],
  ]);
  // An arm was missing for a while: all of the traffic was the champion's.
  const whole = { ...key, arm: "champion", via: "bucket", propensity: 1 } as const;
  expect(toStrata([...arms.slice(0, 2), whole], "champion")).toMatchObject([
    { share: 0.1, challenger: { n: 10 }, control: { n: 10 } },
    { share: null, challenger: { n: 0 }, control: { n: 10 } },
  ]);
  const equal = [
    { ...key, arm: "challenger", via: "bucket", propensity: 0.1 },
    { ...key, arm: "champion", via: "bucket", propensity: 0.8 },
    { ...key, arm: "control", via: "bucket", propensity: 0.1 },
  ] as const;
  expect(toStrata(equal, "control")).toMatchObject([{ share: 0.5, challenger: { n: 10 }, control: { n: 10 } }]);
});

test("intervals are narrowest where the first step that waits for labels may go on", () => {
  const held = { holdMs: 0, minSamples: 0, prove: false } as const;
  const shadow = { kind: "shadow", share: 10_000, minLabels: 520, ...held } as const;
  const traffic = { kind: "traffic", share: 1000, minLabels: 3000, bakeMs: 0, ...held } as const;
  expect(tuningOf({ steps: [shadow, traffic] })).toBe(520);
  expect(tuningOf({ steps: [traffic] })).toBe(5000);
  expect(tuningOf({ steps: [{ ...traffic, minLabels: 1000 }] })).toBe(2000);
  expect(tuningOf({ steps: [{ ...traffic, minLabels: 0 }] })).toBe(5000);
});

test("versions that do not differ fail in at most alpha of the rollouts, however often one looks", () => {
  const random = createRandom(11);
  const rollouts = 80;
  const failed = { events: 0, tolerated: 0, means: 0 };
  for (let rollout = 0; rollout < rollouts; rollout++) {
    let [a, b]: [Sums, Sums] = [noSums, noSums];
    let paired = pairs(0, 0, 0);
    const now = { events: false, tolerated: false, means: false };
    for (let look = 0; look < 20; look++) {
      for (let i = 0; i < 40; i++) {
        const [x, y] = [random() < 0.15, random() < 0.15];
        if (i % 4 === 0) a = addSums(a, ofEvents(1, Number(x)));
        else b = addSums(b, ofEvents(1, Number(x)));
        const worse = random() < 0.1 * 0.15;
        paired = addPair(paired, y || worse, y);
      }
      const strata = [stratum(a, b, 0.25)];
      now.events ||= verdictOf(compared(counted), strata) === "fail";
      now.means ||= verdictOf(compared(averaged), strata) === "fail";
      now.tolerated ||=
        verdictOf(compared(counted, { tolerate: 0.1 }), [], { isShadow: true, pairs: paired }) === "fail";
    }
    for (const name of ["events", "means", "tolerated"] as const) if (now[name]) failed[name]++;
  }
  // P(Binomial(80, 0.05) > 11) = 0.1 %.
  for (const [name, count] of Object.entries(failed)) expect(count, name).toBeLessThanOrEqual(11);
});

function addPair(of: Pairs, challenger: boolean, control: boolean): Pairs {
  const [x, y] = [Number(challenger), Number(control)];
  return {
    n: of.n + 1,
    challengerOnly: of.challengerOnly + Number(x > y),
    controlOnly: of.controlOnly + Number(x < y),
    difference: addSums(of.difference, { n: 1, sum: x - y, squares: (x - y) ** 2 }),
    challenger: addSums(of.challenger, ofEvents(1, x)),
    control: addSums(of.control, ofEvents(1, y)),
  };
}
