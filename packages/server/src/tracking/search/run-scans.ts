import { compareMetric } from "../filter/fields.ts";
import { isOneOf, list, plain, sql, type Fragment } from "../filter/fragment.ts";
import type { Comparison, Operator } from "../filter/filter.ts";
import type { Key, KeyPart, OrderTerm } from "./keyset.ts";
import type { RunOrder } from "./run-fields.ts";

/** One part of the filter that all runs must satisfy. */
export interface Requirement {
  readonly condition: Fragment;
  /** Of the key of a metric, where that is all it is about. */
  readonly metric: Comparison | null;
}

export interface RunSearch {
  readonly experimentIds: readonly number[];
  readonly lifecycles: readonly ("active" | "deleted")[];
  readonly requirements: readonly Requirement[];
  readonly order: readonly RunOrder[];
}

/**
 * A stretch of the answer that can be read in its order. All keys begin with `prefix`; of the terms behind it the first has
 * a value where `isValued`.
 */
export interface Scan {
  readonly prefix: Key;
  readonly isValued: boolean;
  readonly order: readonly OrderTerm[];
  /** The same stretch in pieces that are each in this order by themselves. */
  readonly lanes: readonly Lane[];
}

interface Lane {
  readonly from: Fragment;
  readonly where: readonly Fragment[];
}

/** More pieces are read as one that must be sorted. */
const maxLanes = 8;

/**
 * The stretches of the whole answer, one behind the other: where the first term of the order is a metric, the runs with a
 * value are read off the index of values, then come those whose value is NaN, then those without one. So a page costs what it
 * shows, and not what is before or behind it.
 */
export function toScans(search: RunSearch): readonly Scan[] {
  return fromTerm(search, 0, []);
}

function fromTerm(search: RunSearch, at: number, where: readonly Fragment[]): readonly Scan[] {
  const term = search.order[at]!;
  if (term.kind === "metric") return byMetric(search, at, where);
  if (term.kind === "start_time") return byStart(search, at, where);
  return [sorted(search, at, { from: plain("runs r"), where: [...where, ...inScope(search), ...conditions(search)] })];
}

function byMetric(search: RunSearch, at: number, where: readonly Fragment[]): readonly Scan[] {
  const { key, alias } = search.order[at]!;
  const own = search.requirements.filter(({ metric }) => metric?.key === key);
  const has = sql`${plain(`${alias}.key =`)} ${key}`;
  const lanes = (more: readonly Fragment[]) =>
    perExperiment(search).map((experiments) => ({
      from: plain(`latest_metrics ${alias} cross join runs r`),
      where: [
        isOneOf(plain(`${alias}.experiment_id`), experiments),
        has,
        ...more,
        ...where,
        plain(`r.n = ${alias}.run_n`),
        inLifecycles(search),
        ...conditions(search, own),
      ],
    }));
  const values = own.map(({ metric }) => compareMetricAs(alias, metric!));
  const numbers = scan(search, at, { prefix: [], lanes: lanes([plain(`${alias}.is_nan = 0`), ...values]) });
  const nans = own.every(({ metric }) => metric!.operator === "!=")
    ? [sortedLane(search, at + 1, { prefix: [[1, null]], lanes: lanes([plain(`${alias}.is_nan = 1`)]) })]
    : [];
  const missing = sql`not exists (select 1 from latest_metrics x where x.run_n = r.n and x.key = ${key})`;
  const others = own.length > 0 ? [] : fromTerm(search, at + 1, [...where, missing]).map((each) => behindMissing(each));
  return [numbers, ...nans, ...others];
}

function behindMissing(each: Scan): Scan {
  return { ...each, prefix: [[2, null], ...each.prefix] };
}

function compareMetricAs(alias: string, { operator, value }: Comparison): Fragment {
  const { text, values } = compareMetric(operator, value);
  return { text: text.replaceAll("x.", `${alias}.`), values };
}

function byStart(search: RunSearch, at: number, where: readonly Fragment[]): readonly Scan[] {
  const lanes = (condition: string) =>
    perLifecycle(search).map((scope) => ({
      from: plain("runs r"),
      where: [...scope, plain(condition), ...where, ...conditions(search)],
    }));
  const started = scan(search, at, { prefix: [], lanes: lanes("r.start_time is not null") });
  const others = sortedLane(search, at + 1, { prefix: [[1, null]], lanes: lanes("r.start_time is null") });
  return [started, others];
}

interface Stretch {
  readonly prefix: readonly KeyPart[];
  readonly lanes: readonly Lane[];
}

/** In the order of an index as far as the first term goes; the rest is sorted within what is equal in it. */
function scan({ order }: RunSearch, at: number, { prefix, lanes }: Stretch): Scan {
  const [first, ...rest] = order.slice(at);
  const joined = lanes.map((lane) => withJoins(lane, rest));
  return { prefix, isValued: true, order: [{ ...first!, rank: null }, ...rest], lanes: joined };
}

function sortedLane({ order }: RunSearch, at: number, { prefix, lanes }: Stretch): Scan {
  const rest = order.slice(at);
  return { prefix, isValued: false, order: rest, lanes: lanes.map((lane) => withJoins(lane, rest)) };
}

function sorted(search: RunSearch, at: number, lane: Lane): Scan {
  return sortedLane(search, at, { prefix: [], lanes: [lane] });
}

/** All of it as one stretch that is sorted: for the few runs that a source has. */
export function toSortedScan(search: RunSearch, source: Fragment): Scan {
  const from = sql`(${source}) c cross join runs r`;
  return sorted(search, 0, { from, where: [plain("r.n = c.n"), ...inScope(search), ...conditions(search)] });
}

function withJoins({ from, where }: Lane, order: readonly RunOrder[]): Lane {
  const joins = order.map(({ join }) => join).filter((join) => join !== null);
  if (joins.length === 0) return { from, where };
  return { from: joins.reduce((tables, join) => sql`${tables} ${join}`, from), where };
}

function conditions({ requirements }: RunSearch, without: readonly Requirement[] = []): readonly Fragment[] {
  return requirements.filter((each) => !without.includes(each)).map(({ condition }) => condition);
}

function inScope(search: RunSearch): readonly Fragment[] {
  return [isOneOf(plain("r.experiment_id"), search.experimentIds), inLifecycles(search)];
}

function inLifecycles({ lifecycles }: RunSearch): Fragment {
  return lifecycles.length === 1 ? sql`r.lifecycle = ${lifecycles[0]!}` : sql`r.lifecycle in ${list(lifecycles)}`;
}

function perExperiment({ experimentIds }: RunSearch): readonly (readonly number[])[] {
  return experimentIds.length > maxLanes ? [experimentIds] : experimentIds.map((id) => [id]);
}

function perLifecycle(search: RunSearch): readonly (readonly Fragment[])[] {
  const { experimentIds, lifecycles } = search;
  if (experimentIds.length * lifecycles.length > maxLanes) return [inScope(search)];
  return experimentIds.flatMap((id) =>
    lifecycles.map((lifecycle) => inScope({ ...search, experimentIds: [id], lifecycles: [lifecycle] })),
  );
}

/** Comparisons that only a run with the metric can satisfy. */
export function needsMetric(operator: Operator): boolean {
  return operator !== "IS NULL" && operator !== "IS NOT NULL";
}
