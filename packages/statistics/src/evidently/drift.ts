import type { EvidentlyColumn } from "./column.ts";
import { anyScores, categoryScores, levelScores, numberScores } from "./scores.ts";

export type EvidentlyTest =
  | keyof typeof numberScores
  | keyof typeof categoryScores
  | keyof typeof levelScores
  | keyof typeof anyScores;

interface Rule {
  readonly threshold: number;
  readonly drifted: (score: number, threshold: number) => boolean;
}

const below: Rule["drifted"] = (score, threshold) => score < threshold;
const atMost: Rule["drifted"] = (score, threshold) => score <= threshold;
const above: Rule["drifted"] = (score, threshold) => score > threshold;
const atLeast: Rule["drifted"] = (score, threshold) => score >= threshold;

/** The thresholds of its code. Its documentation has 0.05 where 0.1 stands at a p. */
const rules: Readonly<Record<EvidentlyTest, Rule>> = {
  ks: { threshold: 0.05, drifted: atMost },
  chisquare: { threshold: 0.05, drifted: below },
  z: { threshold: 0.05, drifted: below },
  wasserstein: { threshold: 0.1, drifted: atLeast },
  jensenshannon: { threshold: 0.1, drifted: atLeast },
  psi: { threshold: 0.1, drifted: atLeast },
  kl_div: { threshold: 0.1, drifted: atLeast },
  hellinger: { threshold: 0.1, drifted: atLeast },
  anderson: { threshold: 0.1, drifted: below },
  cramer_von_mises: { threshold: 0.1, drifted: atMost },
  fisher_exact: { threshold: 0.1, drifted: below },
  g_test: { threshold: 0.1, drifted: below },
  TVD: { threshold: 0.1, drifted: below },
  empirical_mmd: { threshold: 0.1, drifted: below },
  mannw: { threshold: 0.05, drifted: below },
  ed: { threshold: 0.1, drifted: above },
  es: { threshold: 0.05, drifted: below },
  t_test: { threshold: 0.05, drifted: below },
};

export interface EvidentlyDrift {
  readonly test: EvidentlyTest;
  /** A p or a distance, as the test has it; NaN where Evidently has it. */
  readonly score: number;
  readonly threshold: number;
  readonly drifted: boolean;
}

export interface EvidentlyChoice {
  readonly test?: EvidentlyTest;
  readonly threshold?: number;
}

/** Which test Evidently takes of itself (`_get_default_stattest`): by the kind, the values of both, and the rows of the reference. */
export function chooseEvidentlyTest(column: EvidentlyColumn): EvidentlyTest {
  if (column.reference.length > 1000)
    return column.kind === "number" && column.distinct > 5 ? "wasserstein" : "jensenshannon";
  if (column.kind === "number" && column.distinct > 5) return "ks";
  return column.distinct > 2 ? "chisquare" : "z";
}

/**
 * The drift of one column as Evidently 0.7.21 tells it.
 * @throws RangeError where Evidently raises: a test for the other kind, unequal sizes of g_test and fisher_exact, ...
 */
export function evidentlyDrift(column: EvidentlyColumn, choice: EvidentlyChoice = {}): EvidentlyDrift {
  const test = choice.test ?? chooseEvidentlyTest(column);
  const rule = rules[test];
  const threshold = choice.threshold ?? rule.threshold;
  const score = choice.test === undefined && test in levelScores ? scoreOfLevels(test, column) : scoreOf(test, column);
  return { test, score, threshold, drifted: rule.drifted(score, threshold) };
}

function scoreOfLevels(test: EvidentlyTest, column: EvidentlyColumn): number {
  return levelScores[test as keyof typeof levelScores](column);
}

function scoreOf(test: EvidentlyTest, column: EvidentlyColumn): number {
  if (test in anyScores) return anyScores[test as keyof typeof anyScores](column);
  if (column.kind === "number" && test in numberScores) return numberScores[test as keyof typeof numberScores](column);
  if (column.kind === "category" && test in levelScores) return scoreOfLevels(test, column);
  if (column.kind === "category" && test in categoryScores)
    return categoryScores[test as keyof typeof categoryScores](column);
  throw new RangeError(`Evidently's ${test} does not take a column of the kind ${column.kind}.`);
}

export interface EvidentlyDataset {
  readonly columns: number;
  readonly drifted: number;
  /** NaN of no columns. */
  readonly share: number;
  readonly datasetDrift: boolean;
}

/** Drift of a dataset as DataDriftPreset has it: where at least half of the columns drift. No correction for their number. */
export function evidentlyDataset(columns: readonly EvidentlyDrift[], driftShare = 0.5): EvidentlyDataset {
  const drifted = columns.filter((column) => column.drifted).length;
  const share = drifted / columns.length;
  return { columns: columns.length, drifted, share, datasetDrift: share >= driftShare };
}
