import type { AmbiguousRule } from "@slipway/contract";
import { SlipwayError } from "@slipway/contract/errors";
import type { LakeDb } from "../../platform/lake/lake-db.ts";
import { quoteText } from "../../platform/lake/quote.ts";
import type { Problem } from "./incoming.ts";
import { eventsQuery, saidSql, targetSql } from "./label-sql.ts";

/** Labels of a batch, counted by what they name. */
export interface Attached {
  readonly matched: number;
  readonly unknown: number;
  readonly ambiguous: number;
}

const shownProblems = 100;

/**
 * Makes `checked` of `raw`: every column in its type, and a `problem` where a row is no label. `mark` stands for all that a label
 * with a time says, and for what one without names.
 * @returns how many rows are wrong, and the first of them
 */
export async function checkRows(
  db: LakeDb,
  given: { readonly receivedAt: number; readonly source: string },
): Promise<{ readonly wrong: number; readonly problems: readonly Problem[] }> {
  const typed = `select line, id, "row" as row_text, observed_at as observed_text,
    case when len(id) >= 36 then try_cast(left(id, 36) as uuid) end as prediction,
    case when len(id) > 36 and id[37] = '/' then try_cast(id[38:] as uinteger)::bigint
      else try_cast("row" as uinteger)::bigint end as "row",
    "key", "value", ${timeSql} as observed_at, coalesce("source", ${quoteText(given.source)}) as "source" from raw`;
  const checked = `select line, prediction, "row", "key", "value", observed_text is not null as timed,
    date_trunc('millisecond', coalesce(observed_at, make_timestamp(${given.receivedAt} * 1000))) as observed_at,
    "source", ${problemSql} as problem from (${typed})`;
  await db.exec(`create temp table checked as
    select *, case when timed then ${saidSql} else md5_number(${targetSql}) end as mark from (${checked})`);
  const [count] = await db.rows("select count(*) as n from checked where problem is not null");
  const problems = await db.rows(
    `select line, problem from checked where problem is not null order by line limit ${shownProblems}`,
  );
  return {
    wrong: Number(count?.["n"]),
    problems: problems.map(({ line, problem }) => ({ line: Number(line), message: String(problem) })),
  };
}

/** Milliseconds, or ISO 8601. Without an offset it is UTC, and DuckDB's plain timestamps, which know no offset, are quick. */
const timeSql = `case when regexp_full_match(observed_at, '-?[0-9]{11,14}') then make_timestamp(observed_at::bigint * 1000)
  when contains(observed_at[11:], '+') or contains(observed_at[11:], '-') then try_cast(observed_at as timestamptz)::timestamp
  else try_cast(observed_at as timestamp) end`;

const problemSql = `case
  when id is null and "key" is null then 'it names neither a prediction nor a key'
  when id is not null and "key" is not null then 'it names both a prediction and a key: give one of them'
  when id is not null and (prediction is null or len(id) > 36 and (id[37] <> '/' or "row" is null))
    then to_json(left(id, 80))::varchar || ' is not the id of a prediction: ID, or ID/ROW'
  when row_text is not null and (id is null or len(id) > 36) then 'a row belongs to the id of a prediction, and is given once'
  when row_text is not null and "row" is null then to_json(left(row_text, 80))::varchar || ' is not a row: 0, 1, 2 …'
  when "value" is null or "value" = '' then 'it has no value'
  when len("value") > 10000 or len("key") > 10000 then 'it is too long: a value and a key have 10000 characters at most'
  when observed_text is not null and observed_at is null
    then to_json(left(observed_text, 80))::varchar || ' is not a time such as 2026-11-22T10:15:30Z'
  end`;

/** @throws SlipwayError `invalid_file` that shows the first problems and tells how to go on */
export function refuse(wrong: number, problems: readonly Problem[]): never {
  const shown = problems.slice(0, 5).map(({ line, message }) => `line ${line}: ${message}`);
  const more = wrong > shown.length ? `; and ${wrong - shown.length} more` : "";
  throw new SlipwayError(
    "invalid_file",
    `${wrong} ${wrong === 1 ? "row is" : "rows are"} wrong, so nothing was imported. ${shown.join("; ")}${more}. Correct the file, or leave such rows out with --skip-bad (skip_bad).`,
    { wrong, problems },
  );
}

/**
 * Makes `fresh` of `checked`: the lines that say something new beside the label files. With a time of observation, once;
 * without, the last row of each target where it changes what counts so far.
 */
export async function dropDuplicates(db: LakeDb, labelFiles: readonly string[]): Promise<void> {
  await db.exec(`create temp view valid as select * from checked where problem is null`);
  const timed = `select min(line) as line from valid where timed group by mark`;
  const untimed = `select max(line) as line from valid where not timed group by mark`;
  await db.exec(`create temp table fresh as ${timed} union all ${untimed}`);
  if (labelFiles.length === 0) return;
  const events = `(${eventsQuery(labelFiles)})`;
  // Ids are made when labels are received, so the highest is the latest.
  const repeated = `select line from valid where timed and mark in (select ${saidSql} from ${events})
    union all select line from valid v join (
      select target, arg_max(what, label_id) as what
      from (select md5_number(${targetSql}) as target, hash("value", "source") as what, label_id from ${events})
      where target in (select mark from valid where not timed) group by target) k
      on k.target = v.mark and k.what = hash(v."value", v."source") where not timed`;
  await db.exec(`create or replace temp table fresh as select line from fresh where line not in (${repeated})`);
}

/** Counts all valid rows of `checked`, new or not, by what they name in the view `predictions`. */
export async function countAttached(db: LakeDb, ambiguous: AmbiguousRule): Promise<Attached> {
  const count = async (sql: string) => {
    const [row] = await db.rows(sql);
    return { all: Number(row?.["n"] ?? 0), one: Number(row?.["one"] ?? 0), many: Number(row?.["many"] ?? 0) };
  };
  const has = async (condition: string) => (await count(`select count(*) as n from valid where ${condition}`)).all > 0;
  const none = { all: 0, one: 0, many: 0 };
  const several = "coalesce(sum(labels) filter (n = 1), 0) as one, coalesce(sum(labels) filter (n > 1), 0) as many";
  const byRow = (await has('"row" is not null'))
    ? await count(`select count(*) as n from valid v where "row" is not null
        and exists (select 1 from predictions p where p.id = v.prediction and p."row" = v."row")`)
    : none;
  const named = "id in (select prediction from valid)";
  // Rows of a request are counted from 0, so what has a row 1 has several.
  const byId = (await has('prediction is not null and "row" is null'))
    ? await count(`select
        count(*) filter (prediction in (select id from predictions where "row" = 0 and ${named})) as one,
        count(*) filter (prediction in (select id from predictions where "row" = 1 and ${named})) as many
      from valid where prediction is not null and "row" is null`)
    : none;
  await db.exec(`create temp table named as select hash("key") as h, count(*) as labels
    from valid where prediction is null group by all`);
  // Keys are compared by a hash of 64 bits: this is a count for people, what is attached is told by the keys themselves.
  const byKey = (await has("prediction is null"))
    ? await count(`select ${several} from named join (select hash("key") as h, count(*) as n from predictions
        where status <> 'error' and hash("key") in (select h from named) group by 1) using (h)`)
    : none;
  const { all } = await count("select count(*) as n from valid");
  const attachedAnyway = ambiguous === "none" ? 0 : byKey.many;
  const matched = byRow.all + byId.one - byId.many + byKey.one + attachedAnyway;
  const unclear = byId.many + byKey.many - attachedAnyway;
  return { matched, ambiguous: unclear, unknown: all - matched - unclear };
}

export interface WriteFresh {
  readonly path: string;
  /** First 24 characters of a UUIDv7; the rest is the line, so that a later line is a later label. */
  readonly idPrefix: string;
  readonly receivedAt: number;
  readonly ambiguous: AmbiguousRule;
}

/** What is written of label files; `slipway_labels` in the file's metadata is the version of these columns. Small groups of rows take little memory. */
export const fileOptions = "format parquet, compression zstd, row_group_size 30720, kv_metadata {slipway_labels: '1'}";

/** Writes `fresh` as a label file. */
export async function writeFresh(db: LakeDb, { path, idPrefix, receivedAt, ambiguous }: WriteFresh): Promise<void> {
  await db.exec(`copy (select (${quoteText(idPrefix)} || lpad(to_hex(line), 12, '0'))::uuid as label_id,
      prediction, "row", "key", "value", ${numberSql} as "number", observed_at, timed,
      make_timestamp(${receivedAt} * 1000) as received_at, "source", ${quoteText(ambiguous)} as ambiguous
    from checked where line in (select line from fresh)) to ${quoteText(path)} (${fileOptions})`);
}

/** A number as `toNumber` reads one: DuckDB alone would take more. */
const numberSql = `case when regexp_full_match("value", '\\s*[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]+)?\\s*')
  and isfinite(try_cast("value" as double)) then try_cast("value" as double) end`;
