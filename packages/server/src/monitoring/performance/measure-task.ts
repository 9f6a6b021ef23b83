/** What the lake child does for performance: looks for windows that have changed, and measures them. */
import { createHash } from "node:crypto";
import type { LakeDb } from "../../platform/lake/lake-db.ts";
import { quoteName } from "../../platform/lake/quote.ts";
import type { ViewsContext } from "../../predictions/index.ts";
import type { MeasureInput, MeasureOutput, MeasuredWindow, VersionPlan, VersionQuestion } from "./measure-plan.ts";
import { measureWindow } from "./measure-window.ts";
import { findProblem, type Problem } from "./problem.ts";
import { readWindow } from "./read-window.ts";
import { answeredSql, truthsSql, versionSql } from "./version-sql.ts";

/** Rows of one window that are read at once; of more a part is taken, told by a hash. */
const mostRows = 1_000_000;

export async function run(input: MeasureInput, { db, ask }: ViewsContext): Promise<MeasureOutput> {
  await db.exec(truthsSql);
  const versions = await db.rows(`select model, version::integer as version, min(epoch_ms(predicted_at)) as first
    from predictions p where model is not null and version is not null and ${answeredSql} group by model, version order by model, version`);
  const windows: MeasuredWindow[] = [];
  let more = false;
  for (const { model, version, first } of versions) {
    const question: VersionQuestion = { model: String(model), version: Number(version) };
    const plan = (await ask(question)) as VersionPlan | null;
    if (plan === null) continue;
    const looked = await lookAt({ db, input, plan, question, first: Number(first), left: input.most - windows.length });
    windows.push(...looked.windows);
    more ||= looked.more;
  }
  return { windows, more };
}

interface Looking {
  readonly db: LakeDb;
  readonly input: MeasureInput;
  readonly plan: VersionPlan;
  readonly question: VersionQuestion;
  /** The oldest prediction of the version that is left. */
  readonly first: number;
  readonly left: number;
}

async function lookAt(looking: Looking): Promise<MeasureOutput> {
  const { db, input, plan, question, first, left } = looking;
  const { windowMs, until, now } = input;
  const problem = plan.estimator?.problem ?? (await findVersionProblem(db, question, plan));
  if (problem === null) return { windows: [], more: false };
  const salt = hashOf([plan.salt, problem]);
  const found = await db.rows(`select epoch_ms(p.predicted_at) // ${windowMs} as slot, count(*) as n,
      count(t.label_id) as labelled, bit_xor(hash(p.id, p."row", t.label_id))::varchar as mark
    from predictions p left join truths t on t.id = p.id and t."row" = p."row"
    where ${versionSql(question)} group by slot order by slot`);
  const windows: MeasuredWindow[] = [];
  for (const { slot, n, labelled, mark } of found) {
    const from = Number(slot) * windowMs;
    const to = from + windowMs;
    if (to > until) break;
    const isDue = plan.horizonMs !== null && now >= to + plan.horizonMs;
    const rows = Number(n);
    const fingerprint = `${rows}/${String(labelled)}/${String(mark)}/${Number(isDue)}/${salt}`;
    const known = plan.known[String(from)];
    if (known?.fingerprint === fingerprint) continue;
    // The retention takes whole files away: what is left of a window is not the window.
    if (known !== undefined && from < first && rows < known.rows) continue;
    if (windows.length >= left) return { windows, more: true };
    const part = Math.ceil(rows / mostRows);
    const read = await readWindow(db, { plan, problem, window: { from, to }, where: versionSql(question), part });
    const slices = measureWindow(read, { ...plan, problem, isDue, weight: part });
    windows.push({ ...question, from, to, fingerprint, slices });
  }
  return { windows, more: false };
}

function hashOf(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 12);
}

/** Of a version without a labelled reference: what its predictions and labels look like. */
async function findVersionProblem(db: LakeDb, question: VersionQuestion, plan: VersionPlan): Promise<Problem | null> {
  const where = versionSql(question);
  const distinct = async (sql: string) => {
    const rows = await db.rows(`select distinct ${sql} limit 51`);
    return rows.length > 50 ? null : rows.map(({ value }) => String(value)).toSorted();
  };
  const truths =
    await distinct(`t."value" as value from truths t join predictions p on t.id = p.id and t."row" = p."row"
    where ${where} and t."value" is not null`);
  const values: Record<string, readonly string[] | null> = {};
  const shares = new Set<string>();
  for (const { name, kind } of plan.outputs) {
    const column = `p.${quoteName(name)}`;
    if (kind !== "class")
      values[name] = await distinct(
        `${column}::varchar as value from predictions p where ${where} and ${column} is not null`,
      );
    if (kind !== "number") continue;
    const [bounds] = await db.rows(
      `select min(${column}) as low, max(${column}) as high from predictions p where ${where}`,
    );
    if (Number(bounds?.["low"] ?? -1) >= 0 && Number(bounds?.["high"] ?? 2) <= 1) shares.add(name);
  }
  return findProblem(plan.outputs, { truths, values, shares }, plan.positive);
}
