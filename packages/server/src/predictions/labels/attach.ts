import type { AmbiguousRule } from "@slipway/contract";
import { SlipwayError } from "@slipway/contract/errors";
import type { LakeDb } from "../../platform/lake/lake-db.ts";
import { quoteText } from "../../platform/lake/quote.ts";
import type { Problem } from "./incoming.ts";
import { eventsQuery, targetSql } from "./label-sql.ts";

/** Labels of a batch, counted by what they name. */
export interface Attached {
  readonly matched: number;
  readonly unknown: number;
  readonly ambiguous: number;
}

const shownProblems = 100;
/** As `toNumber` reads one: DuckDB alone would take more. */
const numberPattern = "\\s*[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]+)?\\s*";

/**
 * Makes `checked` of `raw`: every column in its type, and a `problem` where a row is no label.
 * @returns how many rows are wrong, and the first of them
 */
export async function checkRows(
  db: LakeDb,
  given: { readonly receivedAt: number; readonly source: string },
): Promise<{ readonly wrong: number; readonly problems: readonly Problem[] }> {
  const time = `case when regexp_full_match(observed_at, '-?[0-9]{11,14}') then make_timestamp(observed_at::bigint * 1000)
    else try_cast(observed_at as timestamptz)::timestamp end`;
  await db.exec(`create temp table typed as select line, id, "row" as row_text, observed_at as observed_text,
    case when len(id) >= 36 then try_cast(left(id, 36) as uuid) end as prediction,
    case when len(id) > 36 and id[37] = '/' then try_cast(id[38:] as uinteger)::bigint
      else try_cast("row" as uinteger)::bigint end as "row",
    "key", "value", case when regexp_full_match("value", ${quoteText(numberPattern)}) then try_cast("value" as double) end as parsed, ${time} as observed_at, coalesce("source", ${quoteText(given.source)}) as "source"
    from raw`);
  await db.exec(`create temp table checked as select line, prediction, "row", "key", "value",
    case when isfinite(parsed) then parsed end as "number",
    observed_text is not null as timed,
    date_trunc('millisecond', coalesce(observed_at, make_timestamp(${given.receivedAt} * 1000))) as observed_at,
    "source",
    case
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
    end as problem
    from typed`);
  await db.exec("drop table typed; drop table raw");
  const [count] = await db.rows("select count(*) as n from checked where problem is not null");
  const problems = await db.rows(
    `select line, problem from checked where problem is not null order by line limit ${shownProblems}`,
  );
  return {
    wrong: Number(count?.["n"]),
    problems: problems.map(({ line, problem }) => ({ line: Number(line), message: String(problem) })),
  };
}

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
 * Makes `fresh` of `checked`: what says something new beside the label files. With a time of observation, once; without,
 * the last row of each target where it changes what counts so far.
 */
export async function dropDuplicates(db: LakeDb, labelFiles: readonly string[]): Promise<void> {
  await db.exec(`create temp view valid as select *, ${targetSql} as target from checked where problem is null`);
  const known = `select *, ${targetSql} as target from (${eventsQuery(labelFiles)})`;
  if (labelFiles.length > 0)
    await db.exec(`create temp table known as select label_id, target, "value", observed_at, received_at, "source"
      from (${known}) where target in (select target from valid)`);
  const timed = `select target, "value", observed_at, "source", min(line) as line, any_value(prediction) as prediction,
      any_value("row") as "row", any_value("key") as "key", any_value("number") as "number", true as timed
    from valid where timed group by target, "value", observed_at, "source"`;
  const untimed = `select target, arg_max("value", line) as "value", arg_max(observed_at, line) as observed_at,
      arg_max("source", line) as "source", max(line) as line, any_value(prediction) as prediction, any_value("row") as "row",
      any_value("key") as "key", arg_max("number", line) as "number", false as timed
    from valid where not timed group by target`;
  const isNew =
    labelFiles.length === 0
      ? ""
      : `where not exists (select 1 from known k where k.target = t.target
      and k."value" = t."value" and k.observed_at = t.observed_at and k."source" = t."source")`;
  const changes =
    labelFiles.length === 0
      ? ""
      : `where not exists (select 1 from (
      select target, arg_max(struct_pack(v := "value", s := "source"), struct_pack(r := received_at, l := label_id)) as last
      from known group by target) k where k.target = u.target and k.last.v = u."value" and k.last.s = u."source")`;
  await db.exec(`create temp table fresh as
    select * from (${timed}) t ${isNew} union all by name select * from (${untimed}) u ${changes}`);
}

/** Counts all valid rows of `checked`, new or not, by what they name in the view `predictions`. */
export async function countAttached(db: LakeDb, ambiguous: AmbiguousRule): Promise<Attached> {
  const count = async (sql: string) => {
    const [row] = await db.rows(sql);
    return { all: Number(row?.["n"] ?? 0), one: Number(row?.["one"] ?? 0), many: Number(row?.["many"] ?? 0) };
  };
  const byRow = await count(`select count(*) as n from valid v where "row" is not null
    and exists (select 1 from predictions p where p.id = v.prediction and p."row" = v."row")`);
  const byId = await count(`select count(*) filter (n = 1) as one, count(*) filter (n > 1) as many
    from valid v join (select id, count(*) as n from predictions
      where id in (select prediction from valid where "row" is null) group by id) p on p.id = v.prediction
    where v."row" is null`);
  const byKey = await count(`select count(*) filter (n = 1) as one, count(*) filter (n > 1) as many
    from valid v join (select "key", count(*) as n from predictions
      where "key" in (select "key" from valid where prediction is null) and status <> 'error' group by "key") p on p."key" = v."key"
    where v.prediction is null`);
  const { all } = await count("select count(*) as n from valid");
  const several = ambiguous === "none" ? 0 : byKey.many;
  const matched = byRow.all + byId.one + byKey.one + several;
  const unclear = byId.many + byKey.many - several;
  return { matched, ambiguous: unclear, unknown: all - matched - unclear };
}

export interface WriteFresh {
  readonly path: string;
  /** First 24 characters of a UUIDv7; the rest is the line, so that a later line is a later label. */
  readonly idPrefix: string;
  readonly receivedAt: number;
  readonly ambiguous: AmbiguousRule;
}

/** What is written of label files; `slipway_labels` in the file's metadata is the version of these columns. */
export const fileOptions = "format parquet, compression zstd, kv_metadata {slipway_labels: '1'}";

/** Writes `fresh` as a label file. */
export async function writeFresh(db: LakeDb, { path, idPrefix, receivedAt, ambiguous }: WriteFresh): Promise<void> {
  await db.exec(`copy (select (${quoteText(idPrefix)} || lpad(to_hex(line), 12, '0'))::uuid as label_id,
      prediction, "row", "key", "value", "number", observed_at, timed,
      make_timestamp(${receivedAt} * 1000) as received_at, "source", ${quoteText(ambiguous)} as ambiguous
    from fresh order by line) to ${quoteText(path)} (${fileOptions})`);
}
