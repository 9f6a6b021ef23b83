import { countsError, meanMeasure, requireSameLength, UNDEFINED, type Measure } from "./measure.ts";
import { averagePrecision, rocAuc } from "./ranking.ts";
import { requireProbability } from "./probability.ts";

/** Counts by [truth][predicted], k x k. */
export type ConfusionMatrix = readonly (readonly number[])[];

type Average = "macro" | "weighted" | "micro";

export interface ClassMeasures {
  /** Rows of this class. */
  readonly support: number;
  readonly precision: Measure;
  readonly recall: Measure;
  readonly specificity: Measure;
  readonly f1: Measure;
}

export interface AveragedMeasures {
  readonly precision: Measure;
  readonly recall: Measure;
  readonly specificity: Measure;
  readonly f1: Measure;
}

export interface MulticlassMeasures {
  readonly accuracy: Measure;
  /** Matthews' coefficient for k classes (Gorodkin, Computational Biology and Chemistry 28, 2004). */
  readonly mcc: Measure;
  readonly classes: readonly ClassMeasures[];
  readonly macro: AveragedMeasures;
  readonly weighted: AveragedMeasures;
  readonly micro: AveragedMeasures;
}

/** @param classes k; @param truth and @param predicted n class numbers below k. @throws RangeError for another class. */
export function countClasses(classes: number, truth: ArrayLike<number>, predicted: ArrayLike<number>): ConfusionMatrix {
  const n = requireSameLength(truth, predicted);
  const counts = Array.from({ length: classes }, () => Array.from({ length: classes }, () => 0));
  for (let i = 0; i < n; i++) {
    const row = counts[truth[i]!];
    if (row?.[predicted[i]!] === undefined) {
      throw new RangeError(`Classes are numbered 0 to ${classes - 1}; row ${i} has ${truth[i]} and ${predicted[i]}.`);
    }
    row[predicted[i]!]!++;
  }
  return counts;
}

/**
 * The figures of a table of counts, per class (one against the rest) and averaged: `macro` is the plain mean over classes
 * that have the figure, `weighted` by support, `micro` of the pooled one-against-the-rest counts. Definitions as
 * sklearn.metrics, but a share of nothing is left out instead of counting as 0. Standard errors by the delta method.
 */
export function multiclassMeasures(counts: ConfusionMatrix): MulticlassMeasures {
  const table = tableOf(counts);
  const classes = counts.map((_, c): ClassMeasures => {
    const figure = (name: FigureName) => measureOf(table, classFigure(table, name, c));
    return {
      support: table.rows[c]!,
      precision: figure("precision"),
      recall: figure("recall"),
      specificity: figure("specificity"),
      f1: figure("f1"),
    };
  });
  const averaged = (average: Average): AveragedMeasures => {
    const figure = (name: FigureName) => measureOf(table, averageFigure(table, name, average));
    return {
      precision: figure("precision"),
      recall: figure("recall"),
      specificity: figure("specificity"),
      f1: figure("f1"),
    };
  };
  return {
    accuracy: measureOf(table, microFigure(table, { hit: table.diagonal, total: table.n })),
    mcc: correlation(table),
    classes,
    macro: averaged("macro"),
    weighted: averaged("weighted"),
    micro: averaged("micro"),
  };
}

interface Table {
  readonly k: number;
  readonly n: number;
  readonly cells: Float64Array;
  readonly rows: Float64Array;
  readonly columns: Float64Array;
  readonly diagonal: number;
}

/** A value and its derivative by each of the k x k counts. */
interface Figure {
  readonly value: number;
  readonly slopes: Float64Array;
}

type FigureName = "precision" | "recall" | "specificity" | "f1";

function tableOf(counts: ConfusionMatrix): Table {
  const k = counts.length;
  const cells = new Float64Array(k * k);
  const rows = new Float64Array(k);
  const columns = new Float64Array(k);
  let n = 0;
  let diagonal = 0;
  for (const [i, row] of counts.entries()) {
    for (const [j, count] of row.entries()) {
      cells[i * k + j] = count;
      rows[i]! += count;
      columns[j]! += count;
      n += count;
      if (i === j) diagonal += count;
    }
  }
  return { k, n, cells, rows, columns, diagonal };
}

function measureOf(table: Table, figure: Figure | null): Measure {
  if (figure === null) return UNDEFINED;
  return { value: figure.value, standardError: countsError(table.cells, figure.slopes) };
}

/** One class against the rest, as numerator and denominator that are sums of cells with small weights. */
function classFigure(table: Table, name: FigureName, c: number): Figure | null {
  const { k } = table;
  const above = new Float64Array(k * k);
  const below = new Float64Array(k * k);
  for (let i = 0; i < k; i++) {
    for (let j = 0; j < k; j++) {
      const [hit, inRow, inColumn] = [i === c && j === c, i === c, j === c];
      const cell = i * k + j;
      if (name === "specificity") {
        above[cell] = Number(!inRow && !inColumn);
        below[cell] = Number(!inRow);
      } else {
        above[cell] = name === "f1" ? 2 * Number(hit) : Number(hit);
        below[cell] = (name === "recall" ? 0 : Number(inColumn)) + (name === "precision" ? 0 : Number(inRow));
      }
    }
  }
  return ratio(table, above, below);
}

/** The ratio of two weighted sums of cells; null for 0 / 0. */
function ratio(table: Table, above: Float64Array, below: Float64Array): Figure | null {
  let numerator = 0;
  let denominator = 0;
  for (let cell = 0; cell < table.cells.length; cell++) {
    numerator += table.cells[cell]! * above[cell]!;
    denominator += table.cells[cell]! * below[cell]!;
  }
  if (denominator === 0) return null;
  const value = numerator / denominator;
  return { value, slopes: above.map((weight, cell) => (weight - value * below[cell]!) / denominator) };
}

function averageFigure(table: Table, name: FigureName, average: Average): Figure | null {
  if (average === "micro") {
    // One row more that is right is a hit once; one that is wrong is a false positive and a false negative.
    if (name !== "specificity") return microFigure(table, { hit: table.diagonal, total: table.n });
    const total = (table.k - 1) * table.n;
    return microFigure(table, { hit: total - (table.n - table.diagonal), total });
  }
  const figures = Array.from(table.rows.keys(), (c) => ({ c, figure: classFigure(table, name, c) }));
  const present = figures.filter((item): item is { c: number; figure: Figure } => item.figure !== null);
  const weigh = (c: number) => (average === "macro" ? 1 : table.rows[c]!);
  const total = present.reduce((sum, { c }) => sum + weigh(c), 0);
  if (total === 0) return null;
  const value = present.reduce((sum, { c, figure }) => sum + weigh(c) * figure.value, 0) / total;
  const slopes = table.cells.map((_, cell) => {
    const row = Math.floor(cell / table.k);
    let slope = 0;
    for (const { c, figure } of present) {
      slope += weigh(c) * figure.slopes[cell]!;
      if (average === "weighted" && row === c) slope += figure.value - value;
    }
    return slope / total;
  });
  return { value, slopes };
}

/** A share of rows (or of (k - 1) times the rows, for the specificity) whose misses are the cells off the diagonal. */
function microFigure(table: Table, { hit, total }: { hit: number; total: number }): Figure | null {
  if (total === 0) return null;
  const value = hit / total;
  const scale = total / table.n;
  const slopes = table.cells.map((_, cell) => {
    const right = Math.floor(cell / table.k) === cell % table.k;
    return ((right ? scale : scale - 1) - value * scale) / total;
  });
  return { value, slopes };
}

function correlation(table: Table): Measure {
  const { k, n, rows, columns, diagonal } = table;
  const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, c) => sum + value * b[c]!, 0);
  const together = dot(rows, columns);
  const [ofRows, ofColumns] = [n * n - dot(rows, rows), n * n - dot(columns, columns)];
  if (ofRows === 0 || ofColumns === 0) return UNDEFINED;
  const scale = Math.sqrt(ofRows) * Math.sqrt(ofColumns);
  const value = (diagonal * n - together) / scale;
  const slopes = table.cells.map((_, cell) => {
    const [i, j] = [Math.floor(cell / k), cell % k];
    const above = (i === j ? n : 0) + diagonal - columns[i]! - rows[j]!;
    return above / scale - value * ((n - rows[i]!) / ofRows + (n - columns[j]!) / ofColumns);
  });
  return { value, standardError: countsError(table.cells, slopes) };
}

export interface OneVersusRest {
  readonly classes: readonly Measure[];
  /** Plain mean over the classes that have both kinds of row; null when none has. */
  readonly macro: number | null;
  /** Weighted by the rows of the class. */
  readonly weighted: number | null;
}

/**
 * ROC AUC (or average precision) of each class's probability against "this class or another", and their means (as
 * sklearn.metrics.roc_auc_score with multi_class="ovr"). @param probabilities k columns of n.
 */
export function oneVersusRest(
  figure: "roc_auc" | "average_precision",
  truth: ArrayLike<number>,
  probabilities: readonly ArrayLike<number>[],
): OneVersusRest {
  const n = requireSameLength(truth, ...probabilities);
  const support = new Float64Array(probabilities.length);
  const classes = probabilities.map((column, c) => {
    const is = new Uint8Array(n);
    for (let i = 0; i < n; i++) is[i] = truth[i] === c ? 1 : 0;
    support[c] = is.reduce((sum, bit) => sum + bit, 0);
    return figure === "roc_auc" ? rocAuc(is, column) : averagePrecision(is, column);
  });
  const mean = (weigh: (c: number) => number) => {
    let sum = 0;
    let total = 0;
    for (const [c, { value }] of classes.entries()) {
      if (value === null) continue;
      sum += weigh(c) * value;
      total += weigh(c);
    }
    return total === 0 ? null : sum / total;
  };
  return { classes, macro: mean(() => 1), weighted: mean((c) => support[c]!) };
}

/** Mean negative log-likelihood of k classes. Rows of probabilities are scaled to sum 1 (as scikit-learn, clip 2.2e-16). */
export function multiclassLogLoss(truth: ArrayLike<number>, probabilities: readonly ArrayLike<number>[]): Measure {
  const n = requireSameLength(truth, ...probabilities);
  const rows = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const p = shareOf(probabilities, truth[i]!, i);
    rows[i] = -Math.log(Math.min(Math.max(p, Number.EPSILON), 1 - Number.EPSILON));
  }
  return meanMeasure(rows);
}

/** Mean over rows of the squared distance between the probabilities and the class, 0 to 2 (Brier's own definition). */
export function multiclassBrier(truth: ArrayLike<number>, probabilities: readonly ArrayLike<number>[]): Measure {
  const n = requireSameLength(truth, ...probabilities);
  const rows = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    for (const [c, column] of probabilities.entries()) {
      rows[i]! += (requireProbability(column[i]!) - (truth[i] === c ? 1 : 0)) ** 2;
    }
  }
  return meanMeasure(rows);
}

function shareOf(probabilities: readonly ArrayLike<number>[], c: number, row: number): number {
  let total = 0;
  for (const column of probabilities) total += requireProbability(column[row]!);
  const own = probabilities[c]?.[row];
  if (own === undefined) throw new RangeError(`Row ${row} is of class ${c}, which has no column of probabilities.`);
  return total === 0 ? 1 / probabilities.length : own / total;
}
