import type { SqlDialect, TaskDb } from "../../platform/sql/index.ts";
import type { Filter } from "../filter/filter.ts";
import { isOneOf, list, plain, sql, type Fragment } from "../filter/fragment.ts";
import { listSources, resolveComparison, toCondition } from "../filter/to-condition.ts";
import type { Scope } from "../filter/entity.ts";
import { compareKeys, selectKeys, type Key, type Keyed } from "./keyset.ts";
import { runEntity, type RunOrder } from "./run-fields.ts";
import { needsMetric, toScans, toSortedScan, type Requirement, type RunSearch, type Scan } from "./run-scans.ts";

export interface RunQuery {
  readonly experimentIds: readonly number[];
  readonly lifecycles: readonly ("active" | "deleted")[];
  readonly filter: Filter | null;
  readonly order: readonly RunOrder[];
  readonly after: Key | null;
  readonly limit: number;
}

/** The runs of a page by their numbers. */
export async function selectRuns(db: TaskDb, query: RunQuery): Promise<readonly Keyed[]> {
  const { experimentIds, filter } = query;
  const search = toRunSearch(db.dialect, query);
  if (experimentIds.length === 0) return [];
  const few = await findFew(db, query, listSources(filter, runEntity, { dialect: db.dialect, experimentIds }));
  return readScans(db, query, few === null ? toScans(search) : [toSortedScan(search, few)]);
}

export function toRunSearch(dialect: SqlDialect, query: RunQuery): RunSearch {
  const { experimentIds, lifecycles, order, filter } = query;
  return { experimentIds, lifecycles, order, requirements: toRequirements(filter, { dialect, experimentIds }) };
}

/** Goes on in the stretch that the page before ended in. */
export async function readScans(
  db: TaskDb,
  { after, limit }: Pick<RunQuery, "after" | "limit">,
  scans: readonly Scan[],
): Promise<readonly Keyed[]> {
  const found: Keyed[] = [];
  let isBehind = after === null;
  for (const scan of scans) {
    if (found.length >= limit) break;
    const own = isBehind || after === null ? null : within(scan, after);
    if (!isBehind && own === null) continue;
    isBehind = true;
    found.push(...(await readScan(db, scan, { after: own, limit: limit - found.length })));
  }
  return found;
}

function toRequirements(filter: Filter | null, scope: Scope): readonly Requirement[] {
  if (filter === null) return [];
  const parts = filter.kind === "and" ? filter.of : [filter];
  return parts.map((part) => {
    const isMetric =
      part.kind === "comparison" &&
      resolveComparison(part, runEntity).group.noun === "metric" &&
      needsMetric(part.operator);
    return { condition: toCondition(part, runEntity, scope)!, metric: isMetric ? part : null };
  });
}

/** The part of the key that is about the terms of this stretch; null where the key is not of this stretch. */
function within({ prefix, isValued }: Scan, key: Key): Key | null {
  const isHere = prefix.every(([rank], i) => key[i]![0] === rank) && (!isValued || key[prefix.length]![0] === 0);
  return isHere ? key.slice(prefix.length) : null;
}

async function readScan(
  db: TaskDb,
  { prefix, order, lanes }: Scan,
  { after, limit }: { readonly after: Key | null; readonly limit: number },
): Promise<readonly Keyed[]> {
  const found: Keyed[] = [];
  for (const lane of lanes) found.push(...(await selectKeys(db, { ...lane, n: sql`r.n`, order, after, limit })));
  if (lanes.length > 1) found.sort((a, b) => compareKeys(order, a.key, b.key));
  return found.slice(0, limit).map(({ n, key }) => ({ n, key: [...prefix, ...key] }));
}

/** So few that reading and sorting all of them is cheaper than any other way. */
const few = 1000;
/** Nobody counts further: that alone would cost more than it gives. */
const many = 5000;
const manyRuns = 30_000;

/**
 * The smallest set among which, by the filter, all runs of the answer are, where to read it and to sort it is likely to be
 * cheaper than to go through all runs in their order until enough of them satisfy the filter.
 */
async function findFew(db: TaskDb, query: RunQuery, sources: readonly Fragment[]): Promise<Fragment | null> {
  let smallest: { readonly source: Fragment; readonly count: number } | null = null;
  const counts: number[] = [];
  for (const source of sources) {
    const count = await countUpTo(db, source);
    counts.push(count);
    if (smallest === null || count < smallest.count) smallest = { source, count };
    if (count <= few) return source;
  }
  if (smallest === null || smallest.count >= many) return null;
  const total = await countRuns(db, query);
  const share = counts.reduce((product, count) => product * Math.min(1, count / Math.max(1, total)), 1);
  const isSorted = query.order[0]!.kind === "other";
  const toPass = isSorted ? total : Math.min(total, query.limit / share);
  return smallest.count < toPass ? smallest.source : null;
}

async function countUpTo(db: TaskDb, source: Fragment, most = many): Promise<number> {
  const { text, values } = sql`select count(*) as count from (select n from (${source}) s limit ${most}) t`;
  const [row] = await db.rows<{ readonly count: number }>(text, values);
  return row!.count;
}

function countRuns(db: TaskDb, { experimentIds, lifecycles }: RunQuery): Promise<number> {
  const inScope = isOneOf(plain("experiment_id"), experimentIds);
  const all = sql`select n from runs where ${inScope} and lifecycle in ${list(lifecycles)}`;
  return countUpTo(db, all, manyRuns);
}
