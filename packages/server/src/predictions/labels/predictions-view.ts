import { quoteText } from "../../platform/lake/quote.ts";

/** What matching needs of predictions: a view over their files, whatever their signatures. */
export function predictionsView(paths: readonly string[], name = "predictions"): string {
  const nothing = `select null::uuid as id, null::bigint as "row", null::varchar as "key", null::timestamp as predicted_at,
    null::varchar as status where false`;
  const rows = `select id, "row", "key", predicted_at, status from read_parquet([${paths.map(quoteText).join(", ")}])`;
  return `create or replace temp view ${name} as ${paths.length === 0 ? nothing : rows}`;
}
