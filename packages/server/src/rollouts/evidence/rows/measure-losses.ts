import type { LakeDb } from "../../../platform/lake/lake-db.ts";
import { quoteName, quoteText } from "../../../platform/lake/quote.ts";
import type { LabelMetric, LossPlan, LossQuestion, OutputsQuestion } from "../../report/ab-task-input.ts";
import { lossSql } from "../../report/loss-sql.ts";
import type { LooseOutput } from "../../report/read-losses.ts";
import type { RowsInput } from "./rows-input.ts";

export interface Measuring {
  readonly input: RowsInput;
  readonly ask: (question: unknown) => Promise<unknown>;
}

const mostTexts = 50;

/**
 * The table `losses`: one row for each metric and labelled answer.
 * @returns by metric, why it could not be measured
 */
export async function measureLosses(db: LakeDb, { input, ask }: Measuring): Promise<Map<LabelMetric, string>> {
  await db.exec(`create temp table losses (metric varchar, origin varchar, id uuid, "row" bigint, version bigint, revision bigint,
    arm varchar, via varchar, propensity double, unit varchar, "value" double)`);
  const problems = new Map<LabelMetric, string>();
  for (const version of new Set([input.from, input.to])) {
    const [any] = await db.rows(`select 1 from labelled where version = ${version} and truth_text is not null limit 1`);
    if (any === undefined) continue;
    const outputs = (await ask({ outputsOf: version } satisfies OutputsQuestion)) as readonly LooseOutput[];
    const plan = (await ask(await lookAt(db, version, outputs))) as LossPlan | null;
    const name = `version ${version}`;
    for (const metric of input.labels) {
      const loss = plan === null ? null : lossSql(metric, plan);
      if (plan === null) problems.set(metric, `No output of ${name} can be held against the labels.`);
      else if (loss === null) problems.set(metric, `${metric} is not defined for what ${name} predicts.`);
      else await insertLosses(db, { metric, loss, plan, version });
    }
  }
  return problems;
}

/** What `findProblem` of monitoring wants to know. */
async function lookAt(db: LakeDb, version: number, outputs: readonly LooseOutput[]): Promise<LossQuestion> {
  const distinct = async (sql: string) => {
    const texts = await db.rows(`select distinct ${sql} limit ${mostTexts + 1}`);
    return texts.length > mostTexts ? null : texts.map(({ text }) => String(text)).toSorted();
  };
  const truths = await distinct(`truth_text as text from labelled where truth_text is not null`);
  const rows = `answers s where s.version = ${version} and s.status = 'ok'`;
  const values: Record<string, readonly string[] | null> = {};
  const shares: string[] = [];
  for (const { name, kind } of outputs) {
    const column = `s.${quoteName(name)}`;
    if (kind !== "class")
      values[name] = await distinct(`${column}::varchar as text from ${rows} and ${column} is not null`);
    if (kind !== "number") continue;
    const [bounds] = await db.rows(`select min(${column}) as low, max(${column}) as high from ${rows}`);
    if (Number(bounds?.["low"] ?? -1) >= 0 && Number(bounds?.["high"] ?? 2) <= 1) shares.push(name);
  }
  return { version, truths, values, shares };
}

interface Loss {
  readonly metric: LabelMetric;
  readonly loss: string;
  readonly plan: LossPlan;
  readonly version: number;
}

async function insertLosses(db: LakeDb, { metric, loss, plan, version }: Loss): Promise<void> {
  const place = (sql: string) => {
    const cases = Object.entries(plan.classes).map(([text, i]) => `when ${quoteText(text)} then ${i}`);
    return cases.length === 0 ? "null" : `(case ${sql} ${cases.join(" ")} end)`;
  };
  const { prediction } = plan;
  const isNumber = plan.kind === "regression";
  const predicted = isNumber || prediction === null ? "null" : place(`s.${quoteName(prediction)}::varchar`);
  const truth = isNumber ? "null" : place("a.truth_text");
  const isKnown = isNumber ? `a."number" is not null` : `${truth} is not null`;
  await db.exec(`insert into losses select ${quoteText(metric)}, s._slipway_kind, s._slipway_about, s."row", s.version, coalesce(s.revision, 0), s.arm, s._slipway_via,
      s.propensity, s._slipway_unit, ${loss} as "value"
    from answers s join (select a.id, a."row", a.origin, a."number", ${truth} as truth from labelled a
      where a.version = ${version} and ${isKnown}) l on l.id = s._slipway_about and l."row" = s."row" and l.origin = s._slipway_kind,
      lateral (select l.truth as truth, ${predicted} as predicted, l."number" as "number") t
    where s.version = ${version} and s.status = 'ok' and "value" is not null and isfinite("value")`);
}
