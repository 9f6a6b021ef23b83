/** What the lake child does for a rollout: what takes rows and labels. */
import { quoteText } from "../../../platform/lake/quote.ts";
import type { ViewsContext } from "../../../predictions/index.ts";
import { measureLosses } from "./measure-losses.ts";
import { measureSql } from "./measure-sql.ts";
import { openAnswers, openLabelled } from "./open-answers.ts";
import { readFirsts } from "./read-firsts.ts";
import { readArms, readPairs } from "./read-sums.ts";
import type { RowsInput, RowsMeasure, RowsOutput } from "./rows-input.ts";

export async function run(input: RowsInput, context: ViewsContext): Promise<RowsOutput> {
  const { db, ask } = context;
  await openAnswers(db, input);
  const [errors, refused] = input.hasShadow ? await measureFailures(context, input) : [null, null];
  const labels: Record<string, RowsMeasure> = {};
  let labelled: RowsOutput["labelled"] = [];
  let labelledPairs = 0;
  if (input.labels.length > 0) {
    await openLabelled(db, input);
    const problems = await measureLosses(db, { input, ask });
    for (const metric of input.labels) labels[metric] = await readMetric(context, { input, metric, problems });
    const rows = await db.rows(`select coalesce(s.revision, 0) as revision, count(*) as n from answers s
      join labelled l on l.id = s._slipway_about and l."row" = s."row" and l.origin = s._slipway_kind
      where s._slipway_kind = 'traffic' and s.arm = 'challenger' and l.truth_text is not null group by 1 order by 1`);
    labelled = rows.map(({ revision, n }) => ({ revision: Number(revision), rows: Number(n) }));
    const [pairs] = await db.rows(
      "select count(*) as n from labelled where origin = 'shadow' and truth_text is not null",
    );
    labelledPairs = Number(pairs?.["n"] ?? 0);
  }
  // The last: from then on the door is shut.
  const sql = await measureSql(context, input.sql);
  return { errors, refused, labels, sql, labelled, labelledPairs };
}

/** Requests that failed with one of the two versions; those for which a shadow had no room say nothing of it. */
async function measureFailures({ db }: ViewsContext, { from, callersCodes, noRoomCodes }: RowsInput) {
  const list = (codes: readonly string[]) => codes.map(quoteText).join(", ");
  const isCallers = (row: string) => `coalesce(${row}.error_code, '') in (${list(callersCodes)})`;
  const failed = (row: string) => `(${row}.status <> 'ok')`;
  const compare = (of: (row: string) => string) =>
    readPairs(
      db,
      `(select p._slipway_unit as unit, p.id, p."row", (${of("s")})::integer as "new", (${of("p")})::integer as "old" from answers s join answers p on p.id = s._slipway_about and p."row" = 0
        where s._slipway_kind = 'shadow' and p._slipway_kind = 'traffic' and s."row" = 0 and (p.version = ${from} or p.status = 'fallback')
          and not (${failed("s")} and coalesce(s.error_code, '') in (${list(noRoomCodes)})))`,
    );
  return [
    await compare((row) => `${failed(row)} and not ${isCallers(row)}`),
    await compare((row) => `${failed(row)} and ${isCallers(row)}`),
  ] as const;
}

interface Metric {
  readonly input: RowsInput;
  readonly metric: RowsInput["labels"][number];
  readonly problems: ReadonlyMap<string, string>;
}

async function readMetric({ db }: ViewsContext, { input, metric, problems }: Metric): Promise<RowsMeasure> {
  const of = `metric = ${quoteText(metric)}`;
  const arms = await readArms(db, `(from losses where ${of} and origin = 'traffic' and arm is not null)`);
  const events = `(from losses where ${of} and origin = 'traffic' and via = 'bucket' and propensity < 1 and "value" > 0)`;
  const firsts = metric === "wrong" ? await readFirsts(db, input, events) : null;
  const paired = `(select b.unit, b.id, b."row", a."value" as "new", b."value" as "old" from losses a join losses b on b.id = a.id and b."row" = a."row"
    where a.${of} and b.${of} and a.origin = 'shadow' and b.origin = 'traffic' and b.version = ${input.from})`;
  const pairs = input.hasShadow ? await readPairs(db, paired) : null;
  return { arms, firsts, pairs, error: problems.get(metric) ?? null };
}
