import { normalTail, studentTwoSided } from "@slipway/statistics";
import type { BlockMoments, ColumnReference, WindowLaw } from "./calibration.ts";
import { fromScore, toScore } from "./cumulants.ts";
import { effectiveRows, independentCumulants, mixedCumulants, shiftedCumulants } from "./null-law.ts";
import type { Shift } from "./quadratic-form.ts";

/** One column's blocks, those that it has rows in. */
export interface ColumnBlocks {
  /** Numbers of the blocks. */
  readonly at: readonly number[];
  /** What each was compared with. */
  readonly references: readonly ColumnReference[];
  readonly shifts: readonly Shift[];
  /** Of all other blocks. */
  readonly moments: readonly BlockMoments[];
}

/** Scores that the laws are written for; between them in a straight line of logarithms. */
export const lawScores = [
  0, 0.5, 1, 1.25, 1.5, 1.75, 2, 2.25, 2.5, 2.75, 3, 3.25, 3.5, 3.75, 4, 4.5, 5, 6, 7, 8, 10, 13, 17, 22, 30, 50, 100,
];
const lawRows = [20, 100, 500, 2000, 10_000, 100_000, 1_000_000];
/** With fewer blocks the share of them that are worse does not get far enough below 0.05. */
const countedBlocks = 50;
/** Degrees of freedom of what may lie beyond the worst of many blocks. */
const heavyTail = 4;
/** Blocks times columns that are worked through for each law. */
const mostWork = 20_000;

/**
 * The law of the greatest score of a window (Westfall and Young's maxT), for windows of several sizes. For each block the chance that a
 * window that lies off as the block does, scored by what the other blocks say, gets over a score; a new window is one more block, so
 * the mean is (1 + the sum) / (blocks + 1), and less only far beyond all blocks.
 */
export function createWindowLaws(columns: readonly ColumnBlocks[], count: number): WindowLaw[] {
  const step = Math.max(1, Math.ceil((count * columns.length) / mostWork));
  return lawRows.map((rows) => {
    const passes: Float64Array[] = Array.from({ length: count }, () => new Float64Array(lawScores.length));
    for (const column of columns) {
      for (const [index, block] of column.at.entries()) {
        if (block % step === 0) addColumn(passes[block]!, { column, index, rows });
      }
    }
    const chances = passes.filter((_, block) => block % step === 0).map((logs) => logs.map((log) => -Math.expm1(log)));
    return { rows, chances: toWindowChances(chances) };
  });
}

/** Adds the logarithms of the chances that the column's score stays under each of `lawScores`. */
function addColumn(
  logs: Float64Array,
  { column, index, rows }: { column: ColumnBlocks; index: number; rows: number },
): void {
  const reference = column.references[index]!;
  const size = effectiveRows(rows, reference.rows);
  const base = independentCumulants(reference, rows);
  const own = shiftedCumulants(base, size, column.shifts[index]!);
  const usual = mixedCumulants(base, size, column.moments[index]!);
  // A column that has never varied cannot be what a usual window is known by.
  if (usual[1] <= 0) return;
  for (const [place, score] of lawScores.entries()) {
    if (logs[place]! < -40) continue;
    const reached = toScore(fromScore(score, usual), own);
    if (reached < 7) logs[place]! += Math.log(Math.max(1e-300, normalTail(-reached)));
  }
}

function toWindowChances(blocks: readonly Float64Array[]): number[] {
  const count = blocks.length;
  const mean = lawScores.map((_, place) => blocks.reduce((total, chances) => total + chances[place]!, 0) / count);
  const tail = createTail(mean, count);
  return lawScores.map((score, place) => {
    if (count < countedBlocks) return Math.max(mean[place]!, tail(score, count - 1));
    // The new window counts as one that is worse, unless it is so far off that even a heavy tail does not reach it.
    const worse = Math.min(1, (count + 1) * tail(score, heavyTail));
    return (worse + mean[place]! * count) / (count + 1);
  });
}

/** Student's interval for one more than these blocks: the mean and the spread of the greatest score are under the curve of its chances. */
function createTail(mean: readonly number[], count: number): (score: number, degrees: number) => number {
  let first = 0;
  let second = 0;
  for (let place = 1; place < lawScores.length; place++) {
    const [low, high] = [lawScores[place - 1]!, lawScores[place]!];
    const over = (mean[place - 1]! + mean[place]!) / 2;
    first += over * (high - low);
    second += over * (high * high - low * low);
  }
  const spread = Math.sqrt(Math.max(0.01, second - first * first) * (1 + 1 / count));
  return (score, degrees) => studentTail((score - first) / spread, degrees);
}

function studentTail(t: number, degrees: number): number {
  const beyond = studentTwoSided(t, degrees) / 2;
  return t >= 0 ? beyond : 1 - beyond;
}

/** Chance of a score at least this great somewhere in a window of this many rows. */
export function windowChance(laws: readonly WindowLaw[], rows: number, score: number): number {
  const above = laws.findIndex((law) => law.rows >= rows);
  const high = laws[above === -1 ? laws.length - 1 : above]!;
  const low = laws[Math.max(0, (above === -1 ? laws.length : above) - 1)]!;
  const share = low === high ? 0 : Math.min(1, Math.max(0, Math.log(rows / low.rows) / Math.log(high.rows / low.rows)));
  return Math.exp((1 - share) * Math.log(chanceOf(low, score)) + share * Math.log(chanceOf(high, score)));
}

function chanceOf(law: WindowLaw, score: number): number {
  const above = lawScores.findIndex((each) => each >= score);
  if (above === 0) return law.chances[0]!;
  if (above === -1) return law.chances.at(-1)!;
  const [low, high] = [lawScores[above - 1]!, lawScores[above]!];
  const share = (score - low) / (high - low);
  const [p, q] = [law.chances[above - 1]!, law.chances[above]!].map((chance) => Math.log(Math.max(1e-300, chance)));
  return Math.exp(p! + share * (q! - p!));
}

/** The score that a window of this many rows reaches with this chance. */
export function scoreLimit(laws: readonly WindowLaw[], rows: number, chance: number): number {
  let [low, high] = [0, lawScores.at(-1)!];
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2;
    if (windowChance(laws, rows, middle) > chance) low = middle;
    else high = middle;
  }
  return high;
}
