import { expect, test } from "vitest";
import * as statistics from "./index.ts";
import { cramerVonMises } from "./tests/cramer-von-mises.ts";
import { readGoldens, distanceOf, type Golden } from "./testing/goldens.ts";
import { makeSample, mulberry, type SampleSpec } from "./testing/made-up.ts";

// What SciPy 1.17.1, statsmodels 0.15.0 and river 0.26.1 say: tools/goldens/statistics.py.
type Numbers = readonly number[];
interface Pair {
  readonly a: SampleSpec;
  readonly b: SampleSpec;
}
interface Counts {
  readonly a: Numbers;
  readonly b: Numbers;
}

const samples = new Map<string, number[]>();
function sampleOf(spec: SampleSpec): number[] {
  const key = JSON.stringify(spec);
  let sample = samples.get(key);
  if (sample === undefined) samples.set(key, (sample = makeSample(spec)));
  return sample;
}

const ofPair = (call: (a: number[], b: number[], more: Record<string, never>) => unknown) => (input: unknown) => {
  const { a, b, ...more } = input as Pair & Record<string, never>;
  return call(sampleOf(a), sampleOf(b), more);
};
const ofCounts = (call: (a: Numbers, b: Numbers) => unknown) => (input: unknown) => {
  const { a, b } = input as Counts;
  return call(a, b);
};
const ofNumbers = (call: (...numbers: number[]) => unknown) => (input: unknown) =>
  call(...(Array.isArray(input) ? (input as number[]) : [input as number]));
const ofFit =
  (call: (observed: Numbers, expected: Numbers) => { statistic: number; p: number }) => (input: unknown) => {
    const { observed, expected } = input as { observed: Numbers; expected: Numbers };
    const { statistic, p } = call(observed, expected);
    return [statistic, p];
  };

interface Asked {
  readonly ask: (input: unknown) => unknown;
  /** Of smaller expected values the distance is relative to this. */
  readonly floor?: number;
}

const questions: Readonly<Record<string, Asked>> = {
  ks: {
    ask: ofPair((a, b) => {
      const { statistic, p, sign } = statistics.kolmogorovSmirnov(a, b);
      return [statistic, p, sign];
    }),
  },
  "ks-asymptotic": {
    ask: ofPair((a, b) => {
      const { statistic, p } = statistics.kolmogorovSmirnov(a, b, "asymptotic");
      return [statistic, p];
    }),
  },
  wasserstein: { ask: ofPair(statistics.wasserstein) },
  energy: { ask: ofPair(statistics.energyDistance) },
  anderson: {
    ask: ofPair((a, b) => {
      const { statistic, p } = statistics.andersonDarling(a, b);
      return [statistic, p];
    }),
  },
  // The p of SciPy is 1 - P of a series: what is small has few digits.
  "cramer-von-mises": {
    ask: ofPair((a, b) => {
      const { statistic, p } = cramerVonMises(a, b, { asScipy: true });
      return [statistic, p];
    }),
    floor: 1e-5,
  },
  "mann-whitney": {
    ask: ofPair((a, b, { alternative }) => {
      const { statistic, p } = statistics.mannWhitney(a, b, alternative);
      return [statistic, p];
    }),
  },
  t: {
    ask: ofPair((a, b, { variances }) => {
      const { statistic, p, df } = statistics.tTest(a, b, variances);
      return [statistic, p, df];
    }),
  },
  "epps-singleton": {
    ask: ofPair((a, b) => {
      const { statistic, p } = statistics.eppsSingleton(a, b);
      return [statistic, p];
    }),
  },
  histogram: {
    ask: ofPair((a, b) => {
      const pooled = statistics.toSortedNumbers([...a, ...b]);
      const edges = statistics.sturgesEdges([pooled[0]!, pooled.at(-1)!], pooled.length);
      return [[...edges], [...statistics.countInBins(a, edges)]];
    }),
  },
  quantiles: {
    ask: ofPair((a) => {
      const sorted = statistics.toSortedNumbers(a);
      return [0, 0.01, 0.25, 0.5, 0.733, 0.99, 1].map((q) => statistics.quantileOfSorted(sorted, q));
    }),
  },
  "chi-square-homogeneity": {
    ask: ofCounts((a, b) => {
      const { statistic, p, df } = statistics.chiSquareHomogeneity(a, b);
      return [statistic, p, df];
    }),
  },
  "g-homogeneity": {
    ask: ofCounts((a, b) => {
      const { statistic, p, df } = statistics.gHomogeneity(a, b);
      return [statistic, p, df];
    }),
  },
  "chi-square-fit": { ask: ofFit(statistics.chiSquareFit) },
  "g-fit": { ask: ofFit(statistics.gFit) },
  "jensen-shannon": { ask: ofCounts((a, b) => [statistics.jensenShannon(a, b), statistics.jensenShannon(a, b, 2)]) },
  "kullback-leibler": { ask: ofCounts(statistics.kullbackLeibler) },
  hellinger: { ask: ofCounts(statistics.hellinger) },
  "total-variation": { ask: ofCounts((a, b) => [statistics.totalVariation(a, b), statistics.maximumDifference(a, b)]) },
  fisher: { ask: (input) => statistics.fisherExact((input as { table: [number, number, number, number] }).table) },
  z: {
    ask: ofCounts((a, b) => {
      const { statistic, p } = statistics.proportionsTest(
        { hits: a[0]!, n: a[0]! + a[1]! },
        { hits: b[0]!, n: b[0]! + b[1]! },
      );
      return [statistic, p];
    }),
  },
  "chi-square-tail": { ask: ofNumbers(statistics.chiSquareTail) },
  "normal-tail": { ask: ofNumbers(statistics.normalTail) },
  "normal-quantile": { ask: ofNumbers(statistics.normalQuantile) },
  student: { ask: ofNumbers(statistics.studentTwoSided) },
  kolmogorov: { ask: ofNumbers(statistics.kolmogorovTail) },
  smirnov: { ask: ofNumbers(statistics.smirnovTail) },
  "cramer-von-mises-tail": { ask: ofNumbers(statistics.cramerVonMisesTail) },
  "log-gamma": { ask: ofNumbers(statistics.logGamma) },
  "log-beta": { ask: ofNumbers(statistics.logBeta) },
  "incomplete-beta": { ask: ofNumbers(statistics.incompleteBeta) },
  "benjamini-hochberg": { ask: (input) => [...statistics.benjaminiHochberg(input as number[])] },
  stream: { ask: askStream },
};

function askStream(input: unknown): readonly [drifts: number[], warnings: number] {
  const { detector, seed, levels, bits } = input as { detector: string; seed: number; levels: Numbers; bits: boolean };
  const detectors = {
    "page-hinkley": statistics.createPageHinkley,
    adwin: statistics.createAdwin,
    ddm: statistics.createDdm,
    eddm: statistics.createEddm,
  } as const;
  const watcher = detectors[detector as keyof typeof detectors]();
  const draw = mulberry(seed);
  const drifts: number[] = [];
  let warnings = 0;
  for (let i = 0; i < 3000; i++) {
    const u = draw();
    const level = levels[Math.floor(i / 1000)]!;
    const change = watcher.update(bits ? (u < level ? 1 : 0) : 10 * level + u);
    if (change === "drift") drifts.push(i);
    else if (change === "warning") warnings++;
  }
  return [drifts, warnings];
}

const byKind = new Map<string, Golden[]>();
for (const golden of readGoldens("scipy.jsonl")) byKind.set(golden.kind, [...(byKind.get(golden.kind) ?? []), golden]);

test("every kind of golden is asked", () => {
  expect([...byKind.keys()].sort()).toEqual(Object.keys(questions).sort());
});

test.each([...byKind])("%s says what the reference says", (kind, goldens) => {
  const { ask, floor = 1e-15 } = questions[kind]!;
  const wrong = goldens.flatMap((golden) => {
    if (typeof golden.out === "string") {
      expect(() => ask(golden.in), JSON.stringify(golden)).toThrow(RangeError);
      return [];
    }
    const values = [ask(golden.in)].flat(2) as number[];
    const expected = [golden.out].flat(2) as number[];
    const distance = Math.max(...expected.map((value, i) => distanceOf(values[i] ?? Number.NaN, value, floor)));
    const isSame = values.length === expected.length && distance <= 1e-9;
    return isSame ? [] : [{ ...golden, values, distance }];
  });
  expect(wrong).toEqual([]);
});
