import { lengthOf, type FeatureColumn } from "./features.ts";
import { createRandom } from "../random.ts";

export interface PermutationInput {
  /** f columns of n rows. */
  readonly columns: readonly FeatureColumn[];
  /** A figure of the model on these columns; it is what a shuffled column makes worse. */
  readonly figure: (columns: readonly FeatureColumn[]) => number;
  /** Whether a lower figure is worse (AUC) or a higher one (a loss). */
  readonly worse: "lower" | "higher";
  /** Default 5. */
  readonly repeats?: number;
  readonly seed?: number;
}

export interface Importance {
  /** How much worse the figure gets on average; below 0 by chance only. */
  readonly mean: number;
  /** Standard deviation over the repeats. */
  readonly deviation: number;
}

/** Permutation importance of each column (Breiman, Machine Learning 45, 2001): shuffled alone, how much worse it gets. */
export function permutationImportance(input: PermutationInput): Importance[] {
  const { columns, figure, worse, repeats = 5, seed = 1 } = input;
  const random = createRandom(seed);
  const whole = figure(columns);
  return columns.map((column, at) => {
    const drops = Array.from({ length: repeats }, () => {
      const shuffled = columns.with(at, shuffle(column, random));
      const drop = whole - figure(shuffled);
      return worse === "lower" ? drop : -drop;
    });
    const mean = drops.reduce((sum, drop) => sum + drop, 0) / repeats;
    return { mean, deviation: Math.sqrt(drops.reduce((sum, drop) => sum + (drop - mean) ** 2, 0) / repeats) };
  });
}

function shuffle(column: FeatureColumn, random: () => number): FeatureColumn {
  const source = column.kind === "number" ? column.values : column.codes;
  const values = Float64Array.from(source);
  for (let i = lengthOf(column) - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [values[i], values[j]] = [values[j]!, values[i]!];
  }
  return column.kind === "number" ? { kind: "number", values } : { kind: "category", codes: values };
}
