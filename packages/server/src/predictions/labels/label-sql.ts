import { quoteText } from "../../platform/lake/quote.ts";

/** SQL that the tasks of the lake and the queries of users share. Predictions are read from a view `predictions`. */

const noEvents = `select null::uuid as label_id, null::uuid as prediction, null::bigint as "row", null::varchar as "key",
  null::varchar as "value", null::double as "number", null::timestamp as observed_at, null::timestamp as received_at,
  null::varchar as "source", null::varchar as ambiguous where false`;

/** One row a label as it is kept in the files: what is in `label_events`, and what only matching needs. */
export function eventsQuery(paths: readonly string[]): string {
  if (paths.length === 0) return noEvents;
  return `select label_id, prediction, "row", "key", "value", "number", observed_at, received_at, "source", ambiguous
    from read_parquet([${paths.map(quoteText).join(", ")}])`;
}

/** How a label names its prediction, as one text. */
export const targetSql = `case when prediction is null then 'k:' || "key"
  else 'p:' || prediction::varchar || coalesce('/' || "row"::varchar, '') end`;

/** Two labels of which this is the same say the same. */
export const saidSql = `md5_number(concat_ws(chr(31), ${targetSql}, "value", epoch_ms(observed_at)::varchar, "source"))`;

/**
 * Which label is about which prediction, one row a pair: those by id whether or not the prediction is there, those by key
 * where their rule says to which of several; ids grow with time, so the newest has the highest. One that failed answered nothing, so its key does not count.
 */
const matchesQuery = `
  with many as (select distinct id from predictions where "row" = 1),
  keyed as (
    select "key", count(*) as n, max(id) as id, arg_max("row", id) as "row"
    from predictions
    where "key" in (select "key" from label_rows where prediction is null) and status <> 'error'
    group by "key")
  select e.*, e.prediction as id, coalesce(e."row", 0) as prediction_row
  from label_rows e
  where e.prediction is not null and (e."row" is not null or not exists (select 1 from many where many.id = e.prediction))
  union all
  select e.*, k.id as id, k."row" as prediction_row
  from label_rows e join keyed k on k."key" = e."key"
  where e.prediction is null and (k.n = 1 or e.ambiguous = 'latest')
  union all
  select e.*, p.id as id, p."row" as prediction_row
  from label_rows e join keyed k on k."key" = e."key" join predictions p on p."key" = e."key"
  where e.prediction is null and k.n > 1 and e.ambiguous = 'all' and p.status <> 'error'`;

/** Of each prediction the label that counts: the one that was received last, which is the one with the highest id. */
const labelsQuery = `
  select id, prediction_row as "row",
    case when prediction_row > 0 or id in (select id from predictions where "row" = 1)
      then id::varchar || '/' || prediction_row::varchar else id::varchar end as prediction,
    arg_max("value", label_id) as "value", arg_max_null("number", label_id) as "number",
    arg_max(observed_at, label_id) as observed_at, arg_max(received_at, label_id) as received_at,
    arg_max("source", label_id) as "source", max(label_id) as label_id
  from label_matches group by id, prediction_row`;

const publicEventsQuery = `select label_id, prediction as id, "row", "key", "value", "number", observed_at, received_at, "source"
  from label_rows`;

/**
 * Views over label files beside the view `predictions`: `labels`, the label that counts of each prediction, and `label_events`,
 * all that were ever received. `label_rows` and `label_matches` are theirs.
 */
export function labelViews(paths: readonly string[]): string {
  return [
    `create or replace temp view label_rows as ${eventsQuery(paths)}`,
    `create or replace temp view label_matches as ${matchesQuery}`,
    `create or replace temp view labels as ${labelsQuery}`,
    `create or replace temp view label_events as ${publicEventsQuery}`,
  ].join(";\n");
}
