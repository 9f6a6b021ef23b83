import { isFloat, type OutputSpec } from "@slipway/runtime";
import type { ColumnFacts } from "./column-facts.ts";

export interface GuessedClasses {
  readonly classes: readonly string[];
  /** The file says them: nothing was guessed. */
  readonly certain: boolean;
}

/** In slipway.yaml. */
const longestName = 1000;

/** Class names of an output: the file's own, else the values of a label column where as many fit. Null: no guess. */
export function guessClasses(output: OutputSpec, label: ColumnFacts | null): GuessedClasses | null {
  if (output.classes !== undefined) return { classes: output.classes, certain: true };
  const values = label?.values ?? null;
  if (label === null || values === null || values.length < 2 || output.datatype === "BYTES") return null;
  if (values.some((value) => value.length > longestName)) return null;
  // Whole numbers that begin at zero are what the output gives anyway.
  const counts = label.kind === "integer" && values.every((value, i) => Number(value) === i);
  const named = counts ? null : values;
  if (!isFloat(output.datatype)) return named && label.kind === "text" ? { classes: named, certain: false } : null;
  const width = output.shape.length === 2 ? output.shape[1]! : null;
  // One float a row is as often an amount as a probability.
  return width === values.length && width > 1 ? { classes: values, certain: false } : null;
}
