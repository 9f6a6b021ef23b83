import { quoteText } from "../../platform/lake/quote.ts";

/**
 * Answers of a version to real traffic, predictions being `p`: what failed or fell back is no answer of it, and what
 * `slipway loadtest` sends (a trace that begins with "loadtest" in hex) is not real.
 */
export function versionSql({ model, version }: { readonly model: string; readonly version: number }): string {
  return `p.model = ${quoteText(model)} and p.version = ${version} and ${answeredSql}`;
}

export const answeredSql = `p.status = 'ok' and not starts_with(coalesce(p.trace_id, ''), '6c6f616474657374')`;

/** The label that counts of each prediction, and when the first one came. */
export const truthsSql = `create temp table truths as select id, prediction_row as "row", arg_max("value", label_id) as "value",
  max(label_id) as label_id, min(received_at) as first_at from label_matches group by id, prediction_row`;
