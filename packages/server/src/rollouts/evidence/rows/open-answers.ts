import type { LakeDb } from "../../../platform/lake/lake-db.ts";
import { quoteText } from "../../../platform/lake/quote.ts";
import type { RowsInput } from "./rows-input.ts";

/** What `slipway loadtest` sends is nobody's: a trace that begins with "loadtest" in hex. */
const realSql = `not starts_with(coalesce(trace_id, ''), '6c6f616474657374')`;

/**
 * The view `answers`: what the two versions said since the rollout began, to callers and for nobody (`_slipway_kind`), and the request that
 * a label is about (`_slipway_about`), and what was drawn as one (`_slipway_unit`): the rows of all units of a bucket, else those of a request. An input may have any
 * simpler name.
 */
export async function openAnswers(db: LakeDb, { model, from, to, since, hasShadow }: RowsInput): Promise<void> {
  const own = `model = ${quoteText(model)} and predicted_at >= make_timestamp_ms(${since}) and ${realSql}`;
  const via = `case when rule is null then 'bucket' else 'rule' end`;
  const traffic = `select *, 'traffic' as _slipway_kind, id as _slipway_about, ${via} as _slipway_via,
      coalesce('bucket ' || bucket, id::varchar) as _slipway_unit from predictions
    where ${own} and (version in (${from}, ${to}) or status = 'fallback')`;
  const shadow = `select *, 'shadow' as _slipway_kind, shadow_of as _slipway_about, 'shadow' as _slipway_via, null as _slipway_unit from shadows
    where ${own} and version = ${to} and shadow_of is not null`;
  await db.exec(`create temp view answers as ${hasShadow ? `${traffic} union all by name ${shadow}` : traffic}`);
}

/**
 * The table `labelled`: answers that are due, each with what its label says. Where labels may no longer come, a missing one may mean something,
 * too.
 */
export async function openLabelled(db: LakeDb, { dueBefore, missing }: RowsInput): Promise<void> {
  const text = missing === null ? `l."value"` : `coalesce(l."value", ${quoteText(missing)})`;
  const number = missing === null ? `l."number"` : `coalesce(l."number", try_cast(${quoteText(missing)} as double))`;
  await db.exec(`create temp table labelled as
    select s._slipway_about as id, s."row", s._slipway_kind as origin, s.version, ${text} as truth_text, ${number} as "number"
    from answers s left join labels l on l.id = s._slipway_about and l."row" = s."row"
    where s.status = 'ok' and s.predicted_at < make_timestamp_ms(${dueBefore})
      and (s._slipway_kind = 'shadow' or s.arm is not null or exists (select 1 from shadows h where h.shadow_of = s.id))`);
}
