/** What the lake child does for an A/B report: sums over units, arm by arm. */
import type { LakeDb } from "../../platform/lake/lake-db.ts";
import { quoteName, quoteText } from "../../platform/lake/quote.ts";
import type { ViewsContext } from "../../predictions/index.ts";
import type { AbMetric, AbTaskInput, AbTaskOutput, LossPlan, MeasuredMetric } from "./ab-task-input.ts";
import { fittingMetric, lossSql } from "./loss-sql.ts";
import { askForLosses, type ArmLosses } from "./read-losses.ts";
import { measureSql } from "./sql-metrics.ts";
import { sumUnits } from "./sum-units.ts";

export async function run(input: AbTaskInput, context: ViewsContext): Promise<AbTaskOutput> {
  const { db } = context;
  await openExposures(db, input);
  const measured: MeasuredMetric[] = [];
  const losses = input.metrics.some(({ kind }) => kind === "label" || kind === "fitting")
    ? await askForLosses(db, { input, ask: context.ask })
    : [];
  for (const metric of input.metrics) {
    if (metric.kind === "counter") measured.push(await measureCounter(db, metric, input.callersCodes));
    else if (metric.kind !== "sql") measured.push(await measureLoss(db, metric, losses));
  }
  const labelled =
    losses.length === 0 ? null : await sumUnits(db, "select unit, labelled::integer as value, 1 as count from losses");
  const counts = await countExposures(db);
  const bySql = input.metrics.filter((metric) => metric.kind === "sql");
  // The last: from then on the door is shut.
  if (bySql.length > 0) measured.push(...(await measureSql(context, bySql)));
  const at = (name: string) => input.metrics.findIndex((metric) => metric.name === name);
  const order = new Map(measured.map((metric, i) => [metric, at(metric.name) < 0 ? i : at(metric.name)]));
  return { ...counts, labelled, metrics: measured.toSorted((a, b) => order.get(a)! - order.get(b)!) };
}

/** The view `scoped`: all rows of the split with their unit; the table `exposures`: units that met one arm alone, by buckets. */
async function openExposures(db: LakeDb, input: AbTaskInput): Promise<void> {
  const { model, fromRevision, toRevision, from, to } = input;
  const columns = new Set((await db.describe("select * from predictions")).map(({ name }) => name));
  // What a load test sends is nobody's.
  await db.exec(`create temp view scoped as select p.*, ${unitSql(input, columns)} as unit from predictions p
    where p.arm is not null and p.revision between ${fromRevision} and ${toRevision} and coalesce(p.model, '') in ('', ${quoteText(model)})
      and p.predicted_at >= make_timestamp_ms(${from}) and p.predicted_at < make_timestamp_ms(${to})
      and not starts_with(coalesce(p.trace_id, ''), '6c6f616474657374')`);
  await db.exec(`create temp table met as select unit, arm, count(*) as "rows", count(*) filter (rule is null) as dealt,
      min(predicted_at) filter (rule is null) as first_at
    from scoped where unit is not null group by unit, arm`);
  await db.exec(`create temp table exposures as select unit, min(arm) as arm, min(first_at) as first_at, sum("rows")::bigint as "rows"
    from met group by unit having count(*) = 1 and sum(dealt) > 0`);
}

/** As a text. */
function unitSql({ unit, key }: AbTaskInput, columns: ReadonlySet<string>): string {
  if (unit === null) return "p.id::varchar";
  if (unit === key) return "p.key";
  // A header that units are in is kept beside the record's fields, its name in lower case.
  const field = unit.startsWith("header:") ? unit.toLowerCase() : unit;
  if (columns.has(unit)) return `p.${quoteName(unit)}::varchar`;
  return `(p.extra->>${quoteText(`$."${field.replaceAll('"', '\\"')}"`)})`;
}

async function countExposures(db: LakeDb): Promise<Pick<AbTaskOutput, "arms" | "mixed" | "withoutUnit" | "byRule">> {
  const arms = await db.rows(
    `select arm, count(*) as units, sum("rows") as "rows" from exposures group by arm order by arm`,
  );
  const [mixed] = await db.rows(
    "select count(*) as n from (select unit from met group by unit having count(*) > 1 and sum(dealt) > 0)",
  );
  const [others] = await db.rows(
    `select count(*) filter (unit is null and rule is null or rule = 'no_unit') as "without",
      count(*) filter (rule is not null and rule <> 'no_unit') as ruled from scoped`,
  );
  return {
    arms: arms.map(({ arm, units, rows }) => ({ arm: String(arm), units: Number(units), rows: Number(rows) })),
    mixed: Number(mixed?.["n"]),
    withoutUnit: Number(others?.["without"]),
    byRule: Number(others?.["ruled"]),
  };
}

/** Of requests: all rows of one fail or fall back together. */
async function measureCounter(
  db: LakeDb,
  { name }: AbMetric,
  callersCodes: readonly string[],
): Promise<MeasuredMetric> {
  const codes = callersCodes.map(quoteText).join(", ");
  const happened =
    name === "errors" ? `status = 'error' and coalesce(error_code, '') not in (${codes})` : "status = 'fallback'";
  const sql = `select unit, (${happened})::integer as value, 1 as count from scoped where "row" = 0 and rule is null`;
  const arms = await sumUnits(db, sql);
  return { name, kind: "counter", measure: "ratio", counted: true, arms, error: null };
}

async function measureLoss(db: LakeDb, metric: AbMetric, losses: readonly ArmLosses[]): Promise<MeasuredMetric> {
  const plan: LossPlan | undefined = losses.find((each) => each.plan !== null)?.plan ?? undefined;
  const name = metric.kind === "label" ? metric.name : plan === undefined ? "wrong" : fittingMetric(plan);
  const base = { name, kind: metric.kind, measure: "ratio", counted: name === "wrong" } as const;
  if (plan === undefined) return { ...base, arms: [], error: null };
  const parts: string[] = [];
  for (const { version, plan: own } of losses) {
    const loss = own === null ? null : lossSql(name, own);
    if (loss === null)
      return { ...base, arms: [], error: `${name} is not defined for what version ${version} predicts.` };
    parts.push(`select s.unit, ${loss} as value from scoped s join losses t on t.id = s.id and t."row" = s."row"
      where t.version = ${version} and t.labelled`);
  }
  const sql = `select unit, value, 1 as count from (${parts.join(" union all ")}) where value is not null`;
  return { ...base, arms: await sumUnits(db, sql), error: null };
}
