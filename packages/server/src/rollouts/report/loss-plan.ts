import type { Signature } from "@slipway/runtime";
import { findProblem, outputsOf, toClass } from "../../monitoring/index.ts";
import type { LossPlan, LossQuestion } from "./ab-task-input.ts";

/** The outputs of a version that may be held against labels. */
export function outputsFor(signature: Signature | null) {
  return signature === null ? [] : outputsOf(signature).map(({ name, kind }) => ({ name, kind }));
}

/** How the losses of a version are reckoned in the lake. Null: no output of it can be held against the labels. */
export function toLossPlan(
  { truths, values, shares }: LossQuestion,
  signature: Signature | null,
  positive: string | null,
): LossPlan | null {
  if (signature === null) return null;
  const problem = findProblem(outputsOf(signature), { truths, values, shares: new Set(shares) }, positive);
  if (problem === null) return null;
  const { kind, prediction, scores } = problem;
  const texts = new Set([
    ...problem.classes,
    ...(truths ?? []),
    ...(prediction === null ? [] : (values[prediction] ?? [])),
  ]);
  const places = [...texts].map((text) => [text, toClass(text, problem.classes)] as const);
  const classes = Object.fromEntries(places.filter((entry): entry is [string, number] => entry[1] !== null));
  return { kind, prediction, scores, classes: kind === "regression" ? {} : classes };
}
