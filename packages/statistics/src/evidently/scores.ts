import { compareSorted } from "../compare-sorted.ts";
import { jensenShannon, kullbackLeibler } from "../distances/divergences.ts";
import { countInBins, sturgesEdges } from "../distances/histogram.ts";
import { standardDeviation } from "../distances/wasserstein.ts";
import { normalCdf } from "../distributions/normal.ts";
import { createRandom } from "../random.ts";
import { andersonDarling } from "../tests/anderson-darling.ts";
import { chiSquareFit, gFit } from "../tests/contingency.ts";
import { cramerVonMises } from "../tests/cramer-von-mises.ts";
import { eppsSingleton } from "../tests/epps-singleton.ts";
import { fisherExact } from "../tests/fisher.ts";
import { kolmogorovSmirnovP } from "../tests/kolmogorov-smirnov.ts";
import { mannWhitney } from "../tests/mann-whitney.ts";
import { maximumMeanDiscrepancy } from "../tests/mmd.ts";
import { createPermute, permutationOfCounts } from "../tests/permutation.ts";
import { tTest } from "../tests/student.ts";
import { binnedShares, pooledRange } from "./binned.ts";
import type { CategoryColumn, EvidentlyColumn, NumberColumn } from "./column.ts";
import { createNumpyPermute } from "./mersenne-twister.ts";

/*
 * What Evidently 0.7.21 computes, defects included; see `evidently` in ../index.ts. A RangeError stands where Evidently raises.
 */

type OfNumbers = (column: NumberColumn) => number;
type OfCategories = (column: CategoryColumn) => number;
type OfBoth = (column: EvidentlyColumn) => number;

export const numberScores = {
  ks: ({ sortedReference, sortedCurrent }) =>
    kolmogorovSmirnovP(compareSorted(sortedReference, sortedCurrent).ks, {
      n: sortedReference.length,
      m: sortedCurrent.length,
    }).p,
  wasserstein: ({ reference, sortedReference, sortedCurrent }) =>
    compareSorted(sortedReference, sortedCurrent).wasserstein / Math.max(standardDeviation(reference), 0.001),
  anderson: ({ reference, current }) => andersonDarling(reference, current).p,
  cramer_von_mises: ({ reference, current }) => cramerVonMises(reference, current, { asScipy: true }).p,
  mannw: ({ reference, current }) => mannWhitney(reference, current, "less").p,
  ed: ({ sortedReference, sortedCurrent }) => Math.sqrt(2 * compareSorted(sortedReference, sortedCurrent).squared),
  es: ({ reference, current }) => eppsSingleton(reference, current).p,
  t_test: ({ reference, current }) => tTest(reference, current).p,
  // Evidently takes whatever state NumPy's random numbers are in: only the order of magnitude is the same.
  empirical_mmd: ({ reference, current }) =>
    maximumMeanDiscrepancy(reference, current, {
      iterations: 100,
      permute: createPermute(createRandom(0)),
      count: "share",
    }).p,
} satisfies Record<string, OfNumbers>;

export const categoryScores = {
  fisher_exact: fisher,
  g_test: (column) => {
    const { reference, current } = column.levels();
    if (Math.abs(column.reference.length - column.current.length) > 1.49e-8 * column.current.length)
      throw new RangeError("Evidently's g_test takes samples of the same size only.");
    return gFit(current, reference).p;
  },
  TVD: totalVariationP,
} satisfies Record<string, OfCategories>;

/** Tests that Evidently allows for categories and itself chooses for numbers of few values, too. */
export const levelScores = {
  chisquare: (column) => {
    const { reference, current } = column.levels();
    const scale = column.current.length / column.reference.length;
    return chiSquareFit(
      current,
      reference.map((count) => count * scale),
    ).p;
  },
  z,
} satisfies Record<string, OfBoth>;

export const anyScores = {
  jensenshannon: (column) => jensenShannon(...binnedShares(column, false)),
  psi: (column) => {
    const [p, q] = binnedShares(column, true);
    return p.reduce((sum, share, i) => sum + (share - q[i]!) * Math.log(share / q[i]!), 0);
  },
  kl_div: (column) => kullbackLeibler(...binnedShares(column, true)),
  hellinger,
} satisfies Record<string, OfBoth>;

function z(column: EvidentlyColumn): number {
  const { keys, reference, current } = column.levels();
  if (keys.length === 1) return 1;
  // 1 is every value but the smallest.
  const [n, m] = [column.reference.length, column.current.length];
  const [p, q] = [(n - reference[0]!) / n, (m - current[0]!) / m];
  const pooled = (p * n + q * m) / (n + m);
  const statistic = (p - q) / Math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m));
  return 2 * (1 - normalCdf(Math.abs(statistic)));
}

function hellinger(column: EvidentlyColumn): number {
  const shares = column.kind === "number" ? densities(column) : binnedShares(column, false);
  const overlap = shares[0].reduce((sum, share, i) => sum + Math.sqrt(share * shares[1][i]!), 0);
  return Math.sqrt(1 - Math.min(1, overlap));
}

/** Over Sturges' bins of the distinct values, however often each occurs. */
function densities(column: NumberColumn): readonly [Float64Array, Float64Array] {
  const edges = sturgesEdges(pooledRange(column), column.distinct);
  const bins = edges.length - 1;
  const width = (edges[bins]! - edges[0]!) / bins;
  const toShares = (values: ArrayLike<number>) =>
    countInBins(values, edges).map((count, i) => (count / (edges[i + 1]! - edges[i]!) / values.length) * width);
  return [toShares(column.reference), toShares(column.current)];
}

function fisher(column: CategoryColumn): number {
  if (column.reference.length !== column.current.length)
    throw new RangeError("Evidently's fisher_exact takes samples of the same size only.");
  if (column.distinct > 2) throw new RangeError("Evidently's fisher_exact takes two categories only.");
  const { reference, current } = column.levels();
  return fisherExact([current[1] ?? 0, current[0]!, reference[1] ?? 0, reference[0]!]);
}

function totalVariationP(column: CategoryColumn): number {
  const places = new Map(column.levels().keys.map((key, i) => [key, i]));
  const toPlaces = (values: ArrayLike<string | number | boolean>) => Array.from(values, (value) => places.get(value)!);
  const distance = (a: Float64Array, b: Float64Array) => {
    const [n, m] = [column.reference.length, column.current.length];
    return 0.5 * a.reduce((sum, count, i) => sum + Math.abs(count / n - b[i]! / m), 0);
  };
  return permutationOfCounts({ a: toPlaces(column.reference), b: toPlaces(column.current) }, distance, {
    iterations: 1000,
    permute: createNumpyPermute(0),
    count: "share",
  }).p;
}
