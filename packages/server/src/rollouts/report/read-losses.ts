import type { LakeDb } from "../../platform/lake/lake-db.ts";
import { quoteName, quoteText } from "../../platform/lake/quote.ts";
import type { AbTaskInput, LossPlan, LossQuestion, OutputsQuestion } from "./ab-task-input.ts";

/** An output that is no named class: what a version predicts is told from its values. */
export interface LooseOutput {
  readonly name: string;
  readonly kind: "class" | "text" | "boolean" | "integer" | "number";
}

export interface ArmLosses {
  readonly version: number;
  readonly plan: LossPlan | null;
}

export interface AskingForLosses {
  readonly input: AbTaskInput;
  readonly ask: (question: unknown) => Promise<unknown>;
}

const mostTexts = 50;

/**
 * The table `losses`: answered rows of the compared units that are old enough for their labels, each with the place of the class that came
 * true (`truth`), the predicted one (`predicted`), and the label as a number.
 */
export async function askForLosses(db: LakeDb, { input, ask }: AskingForLosses): Promise<ArmLosses[]> {
  await db.exec(`create temp table answered as select s.id, s."row", s.version, l."value" as truth_text, l."number"
    from scoped s join exposures e using (unit) left join labels l on l.id = s.id and l."row" = s."row"
    where s.status = 'ok' and s.rule is null and s.version is not null and s.predicted_at < make_timestamp_ms(${input.labelledTo})`);
  await db.exec(`create temp table losses (id uuid, "row" bigint, version bigint, labelled boolean, truth bigint, predicted bigint,
    "number" double, unit varchar)`);
  const [any] = await db.rows("select 1 from answered where truth_text is not null limit 1");
  if (any === undefined) return [];
  const found: ArmLosses[] = [];
  for (const version of new Set(input.arms.map((arm) => arm.version))) {
    const outputs = (await ask({ outputsOf: version } satisfies OutputsQuestion)) as readonly LooseOutput[];
    const question = await lookAt(db, version, outputs);
    const plan = (await ask(question)) as LossPlan | null;
    found.push({ version, plan });
    if (plan !== null) await insertLosses(db, version, plan);
  }
  return found;
}

/** What `findProblem` of monitoring wants to know. */
async function lookAt(db: LakeDb, version: number, outputs: readonly LooseOutput[]): Promise<LossQuestion> {
  const rows = `scoped s join answered a on a.id = s.id and a."row" = s."row" where a.version = ${version}`;
  const distinct = async (sql: string) => {
    const texts = await db.rows(`select distinct ${sql} limit ${mostTexts + 1}`);
    return texts.length > mostTexts ? null : texts.map(({ text }) => String(text)).toSorted();
  };
  const truths = await distinct(`truth_text as text from answered where truth_text is not null`);
  const values: Record<string, readonly string[] | null> = {};
  const shares: string[] = [];
  for (const { name, kind } of outputs) {
    const column = `s.${quoteName(name)}`;
    values[name] = await distinct(`${column}::varchar as text from ${rows} and ${column} is not null`);
    if (kind !== "number") continue;
    const [bounds] = await db.rows(`select min(${column}) as low, max(${column}) as high from ${rows}`);
    if (Number(bounds?.["low"] ?? -1) >= 0 && Number(bounds?.["high"] ?? 2) <= 1) shares.push(name);
  }
  return { version, truths, values, shares };
}

async function insertLosses(db: LakeDb, version: number, { kind, prediction, classes }: LossPlan): Promise<void> {
  const place = (sql: string) => {
    const cases = Object.entries(classes).map(([text, i]) => `when ${quoteText(text)} then ${i}`);
    return cases.length === 0 ? "null" : `(case ${sql} ${cases.join(" ")} end)`;
  };
  const isNumber = kind === "regression";
  const predicted = isNumber || prediction === null ? "null" : place(`s.${quoteName(prediction)}::varchar`);
  const labelled = isNumber ? `a."number" is not null` : `${place("a.truth_text")} is not null`;
  await db.exec(`insert into losses select s.id, s."row", ${version}, ${labelled}, ${isNumber ? "null" : place("a.truth_text")},
      ${predicted}, a."number", s.unit
    from scoped s join answered a on a.id = s.id and a."row" = s."row" where a.version = ${version}`);
}
