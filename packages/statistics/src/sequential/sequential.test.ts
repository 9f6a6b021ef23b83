import { expect, test } from "vitest";
import { sortNumbers } from "../sort.ts";
import { distanceOf, readGoldens, type Golden } from "../testing/goldens.ts";
import { asymptoticEvidence, asymptoticInterval } from "./asymptotic.ts";
import { bernoulliInterval, betaBinomialMixture } from "./beta-binomial.ts";
import { addBounded, boundedInterval, createBoundedMean } from "./bounded-mean.ts";
import { absoluteEffect, momentsOfShare, momentsOfSums, relativeEffect } from "./effect.ts";
import { gammaExponentialMixture, gammaPoissonMixture } from "./gamma-mixtures.ts";
import type { Mixture } from "./mixture.ts";
import { normalMixture } from "./normal-mixture.ts";
import { quantileTest } from "./quantiles.ts";
import { doubleStitching, empiricalProcessBound, polynomialStitching } from "./stitching.ts";
import { addTreatment, noTreatments, treatmentEffect } from "./treatment-effect.ts";

// What confseq 0.0.11 and gbstats 0.8.0 say: tools/goldens/sequential.py.
const families = {
  normal: normalMixture,
  gamma_exponential: gammaExponentialMixture,
  gamma_poisson: gammaPoissonMixture,
  beta_binomial: betaBinomialMixture,
} as unknown as Readonly<Record<string, (options: unknown) => Mixture>>;

interface Asked {
  readonly ask: (input: never) => unknown;
  /** confseq ends its searches at 2^-40. */
  readonly tolerance?: number;
  /** Of smaller expected values the distance is relative to this. */
  readonly floor?: number;
}

const golden = (i: number, start = 0) => (start + (i + 1) * 0.6180339887498949) % 1;

const questions: Readonly<Record<string, Asked>> = {
  mixture: {
    ask: ({ name, options, s, v }: { name: string; options: unknown; s: number; v: number }) =>
      families[name]!(options).logE(s, v),
    // A small difference of sums of thousands.
    floor: 1,
  },
  "mixture-bound": {
    ask: ({ name, options, v, alpha }: { name: string; options: unknown; v: number; alpha: number }) =>
      families[name]!(options).bound(v, alpha),
  },
  polynomial: {
    ask: ({ v, ...options }: { v: number; alpha: number; vMin: number; scale: number }) =>
      polynomialStitching(v, options),
  },
  "empirical-process": {
    ask: ({ t, ...options }: { t: number; alpha: number; tMin: number; A: number }) =>
      empiricalProcessBound(t, options),
  },
  "double-stitching": {
    ask: ({ p, t, ...options }: { p: number; t: number; alpha: number; tOpt: number }) =>
      doubleStitching(p, t, options),
  },
  bernoulli: {
    ask: ({ hits, trials, ...options }: { hits: number; trials: number; alpha: number; tOpt: number }) => {
      const { lower, upper } = bernoulliInterval({ hits, trials }, options);
      return [lower, upper];
    },
  },
  "quantile-test": {
    ask: (input: { n: number; m: number; shift: number; rounded: boolean; quantile: number; tOpt: number }) => {
      const shape = (x: number) => (input.rounded ? Math.round(x * 8) / 8 : x);
      const a = sortNumbers(Array.from({ length: input.n }, (_, i) => shape(golden(i))));
      const b = sortNumbers(Array.from({ length: input.m }, (_, i) => shape(golden(i, 0.3) + input.shift)));
      return quantileTest(a, b, input).p;
    },
    // It looks for the valley to 2^-20.
    tolerance: 1e-6,
  },
  bounded: {
    ask: ({ alpha, at }: { alpha: number; at: readonly number[] }) => {
      let state = createBoundedMean({ alpha });
      return Array.from({ length: Math.max(...at) }, (_, i) => {
        state = addBounded(state, golden(i) ** 3);
        const { lower, upper } = boundedInterval(state);
        return [lower, upper];
      }).filter((_, i) => at.includes(i + 1));
    },
  },
  growthbook: { ask: askGrowthBook },
  treatment: { ask: askTreatment },
};

interface Arm {
  readonly n: number;
  readonly sum: number;
  readonly squares: number;
  readonly hits: number;
}

function askGrowthBook(input: { kind: string; a: Arm; b: Arm; difference: string; alpha: number; tuning: number }) {
  const moments = (arm: Arm) => (input.kind === "mean" ? momentsOfSums(arm) : momentsOfShare(arm));
  const effectOf = input.difference === "relative" ? relativeEffect : absoluteEffect;
  const effect = effectOf(moments(input.a), moments(input.b));
  const { lower, upper } = asymptoticInterval(effect, input);
  return [effect.estimate, effect.standardError, lower, upper, asymptoticEvidence(effect, input).p];
}

function askTreatment({ outcomes, treated }: { outcomes: string; treated: string }) {
  const options = { support: [0, 1], leastPropensity: 0.5, noise: 0.2 * 0.8, tOpt: 50 } as const;
  let state = noTreatments;
  const rows = Array.from(outcomes, (outcome, i) => {
    const unit = { outcome: Number(outcome), isTreated: treated[i] === "1", propensity: 0.5 };
    state = addTreatment(state, unit, options);
    const { estimate, lower, upper, p } = treatmentEffect(state, options);
    return [i + 1, estimate, lower, upper, p];
  });
  return rows.filter(([t]) => t! < 60 || t! % 20 === 0 || t! >= 999);
}

const byKind = new Map<string, Golden[]>();
for (const line of readGoldens("sequential.jsonl")) byKind.set(line.kind, [...(byKind.get(line.kind) ?? []), line]);

test("every kind of golden is asked", () => {
  expect([...byKind.keys()].sort()).toEqual(Object.keys(questions).sort());
});

test.each([...byKind])("%s says what the reference says", (kind, goldens) => {
  const { ask, tolerance = 1e-9, floor = 1e-6 } = questions[kind]!;
  const wrong = goldens.flatMap((line) => {
    const values = [ask(line.in as never)].flat(2) as number[];
    const expected = [line.out].flat(2) as number[];
    const distance = Math.max(...expected.map((value, i) => distanceOf(values[i] ?? Number.NaN, value, floor)));
    return values.length === expected.length && distance <= tolerance ? [] : [{ ...line, values, distance }];
  });
  expect(wrong).toEqual([]);
});

test("what a treatment's effect cannot stand on is refused", () => {
  const options = { support: [0, 1], leastPropensity: 0.1 } as const;
  const unit = { outcome: 1, isTreated: true, propensity: 0.5 };
  expect(() => addTreatment(noTreatments, { ...unit, outcome: 2 }, options)).toThrow("outside 0 to 1");
  expect(() => addTreatment(noTreatments, { ...unit, propensity: 0.05 }, options)).toThrow("below 0.1");
  expect(() => treatmentEffect(noTreatments, { ...options, leastPropensity: 0.6 })).toThrow("(0, 0.5]");
});
