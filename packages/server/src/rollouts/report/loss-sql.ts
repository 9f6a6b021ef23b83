import { quoteName } from "../../platform/lake/quote.ts";
import type { LabelMetric, LossPlan } from "./ab-task-input.ts";

/** As far as probabilities are kept from 0 in a logarithm. */
const least = 2 ** -52;

/**
 * SQL of a loss of a row `s` of the arm's version, beside `t.truth` and `t.predicted` (the places of the classes) and `t.number` (what the
 * label says as a number). Null where it is not defined.
 */
export function lossSql(metric: LabelMetric, { kind, prediction, scores }: LossPlan): string | null {
  if (kind === "regression") {
    if (prediction === null) return null;
    const distance = `(s.${quoteName(prediction)}::double - t.number)`;
    if (metric === "absolute_error") return `abs(${distance})`;
    return metric === "squared_error" ? `${distance} * ${distance}` : null;
  }
  const probabilities = toProbabilities(kind, scores);
  if (metric === "wrong") {
    const [, second] = probabilities;
    if (prediction !== null) return "(t.predicted <> t.truth)::integer";
    return second === undefined ? null : `((${second} > 0.5)::integer <> t.truth)::integer`;
  }
  if (probabilities.length === 0) return null;
  const own = `(case t.truth ${probabilities.map((sql, i) => `when ${i} then ${sql}`).join(" ")} end)`;
  if (metric === "log_loss") return `-ln(greatest(${own}, ${least}))`;
  if (metric !== "brier") return null;
  if (kind === "binary") return `(1 - ${own}) * (1 - ${own})`;
  return `(${probabilities.map((sql) => `${sql} * ${sql}`).join(" + ")} - 2 * ${own} + 1)`;
}

/** Of two classes one is enough. */
function toProbabilities(kind: LossPlan["kind"], scores: LossPlan["scores"]): string[] {
  const sql = (name: string) => `least(1, greatest(0, s.${quoteName(name)}::double))`;
  const [first = null, second = null] = scores;
  if (kind === "binary" && scores.length === 2 && second !== null && first === null)
    return [`(1 - ${sql(second)})`, sql(second)];
  const named = scores.filter((name) => name !== null);
  return named.length === scores.length ? named.map(sql) : [];
}

/** The loss that says most about predictions of this kind. */
export function fittingMetric({ kind, scores }: LossPlan): LabelMetric {
  if (kind === "regression") return "absolute_error";
  return toProbabilities(kind, scores).length > 0 ? "brier" : "wrong";
}
