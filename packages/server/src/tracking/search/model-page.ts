import { SlipwayError } from "@slipway/contract/errors";
import type { TaskDb } from "../../platform/sql/index.ts";
import { keyedFields, namedFields, type Field, type FilterEntity } from "../filter/entity.ts";
import { compareMetric, integerColumn, keyedText, textColumn } from "../filter/fields.ts";
import { all, any, isOneOf, plain, sql, type Fragment } from "../filter/fragment.ts";
import { compareText, numberOperators } from "../filter/compare.ts";
import type { Filter, FilterValue } from "../filter/filter.ts";
import { parseFilter } from "../filter/parse-filter.ts";
import { resolveComparison, toCondition } from "../filter/to-condition.ts";
import {
  loggedModelColumns,
  renderLoggedModel,
  type LoggedModelJson,
  type LoggedModelRow,
} from "../logged-models/logged-model.ts";
import { JsonBytes } from "./json-bytes.ts";
import { selectKeys, type OrderTerm, type Selection } from "./keyset.ts";
import { decodePageToken, encodePageToken, type TokenScope } from "./page-token.ts";

export interface ModelDataset {
  readonly name: string;
  /** Null: any. */
  readonly digest: string | null;
}

export interface ModelOrderBy {
  readonly field: string;
  readonly isAscending: boolean;
  readonly datasetName: string | null;
  readonly datasetDigest: string | null;
}

export interface ModelSearch {
  readonly experimentIds: readonly number[];
  readonly filter: string;
  /** Metrics count where they are about one of these; empty: all of them. */
  readonly datasets: readonly ModelDataset[];
  readonly orderBy: readonly ModelOrderBy[];
  readonly maxResults: number;
  readonly pageToken: string | null;
}

const created = integerColumn("m.creation_time");
const updated = integerColumn("m.last_updated_time");

/** `READY`, as MLflow's client prints it, and as its protocol spells it. */
const modelStatus: Field = {
  ...textColumn("m.status"),
  condition: ({ operator, value }, { dialect }) =>
    compareText(plain("substr(m.status, 14)"), { operator, value: withoutPrefix(value) }, dialect),
};

function withoutPrefix(value: FilterValue): FilterValue {
  if (typeof value === "string") return value.replace(/^LOGGED_MODEL_/, "");
  return Array.isArray(value) ? value.map((each: string) => each.replace(/^LOGGED_MODEL_/, "")) : value;
}

const attributes: Readonly<Record<string, Field>> = {
  name: textColumn("m.name"),
  model_id: textColumn("m.id"),
  model_type: textColumn("m.model_type"),
  status: modelStatus,
  source_run_id: textColumn("m.source_run_id"),
  creation_time: created,
  creation_timestamp: created,
  creation_timestamp_ms: created,
  last_updated_time: updated,
  last_updated_timestamp: updated,
  last_updated_timestamp_ms: updated,
};

/** Of the table `logged_models m`. A model has many points of a metric; one that satisfies the comparison is enough. */
function toEntity(datasets: Fragment | null): FilterEntity {
  const metric = (key: string): Field => ({
    type: "number",
    operators: numberOperators,
    condition: ({ operator, value }) => sql`exists (select 1 from logged_model_metrics x
      where x.model_n = m.n and x.key = ${key} and ${compareMetric(operator, value)}
      and ${datasets ?? plain("1 = 1")})`,
  });
  const keyed = (table: string) => (key: string) => keyedText({ table, owner: "model_n", of: "m.n" }, key);
  return {
    groups: [
      namedFields({ noun: "attribute", prefixes: ["attributes", "attribute"], isDefault: true }, attributes),
      keyedFields({ noun: "metric", prefixes: ["metrics", "metric"] }, metric),
      keyedFields({ noun: "param", prefixes: ["params", "param"] }, keyed("logged_model_params")),
      keyedFields({ noun: "tag", prefixes: ["tags", "tag"] }, keyed("logged_model_tags")),
    ],
  };
}

/** Of a row `x` of `logged_model_metrics`. */
function isAboutOne(datasets: readonly ModelDataset[]): Fragment | null {
  if (datasets.length === 0) return null;
  return any(datasets.map(({ name, digest }) => isAbout(name, digest)));
}

function isAbout(name: string | null, digest: string | null): Fragment {
  return all([
    ...(name === null ? [] : [sql`x.dataset_name = ${name}`]),
    ...(digest === null ? [] : [sql`x.dataset_digest = ${digest}`]),
  ]);
}

/** MLflow's answer as JSON. */
export async function searchLoggedModels(db: TaskDb, input: ModelSearch): Promise<Uint8Array> {
  const order = toOrder(input.orderBy);
  const { pageToken, maxResults, ...query } = input;
  const scope: TokenScope = {
    what: "experiment IDs, filter, datasets and order",
    query,
    types: order.map(({ type }) => type),
  };
  const after = decodePageToken(scope, pageToken);
  const found = await selectKeys(db, { ...toSelection(db, input), order, after, limit: maxResults + 1 });
  const page = found.slice(0, maxResults);
  const json = new JsonBytes();
  json.add(page.length > 0 ? '{"models":[' : "{");
  for (const [index, { n }] of page.entries())
    json.add(`${index === 0 ? "" : ","}${JSON.stringify(await renderModel(db, n))}`);
  const next = found.length > page.length ? encodePageToken(scope, page.at(-1)!.key) : null;
  json.add(`${page.length > 0 ? "]" : ""}${next === null ? "" : `,"next_page_token":${JSON.stringify(next)}`}}`);
  return json.toBytes();
}

function toSelection(db: TaskDb, input: ModelSearch): Pick<Selection, "from" | "n" | "where"> {
  const datasets = isAboutOne(input.datasets);
  const entity = toEntity(datasets);
  const filter = parseFilter(input.filter);
  const condition = toCondition(filter, entity, { dialect: db.dialect });
  const hasAny = sql`exists (select 1 from logged_model_metrics x where x.model_n = m.n and ${datasets ?? plain("1 = 1")})`;
  const where = [
    plain("m.lifecycle = 'active'"),
    input.experimentIds.length === 0 ? plain("1 = 0") : isOneOf(plain("m.experiment_id"), input.experimentIds),
    ...(condition === null ? [] : [condition]),
    ...(datasets === null || hasMetrics(filter, entity) ? [] : [hasAny]),
  ];
  return { from: plain("logged_models m"), n: plain("m.n"), where };
}

function hasMetrics(filter: Filter | null, entity: FilterEntity): boolean {
  if (filter === null) return false;
  if (filter.kind === "comparison") return resolveComparison(filter, entity).group.noun === "metric";
  return filter.kind === "not" ? hasMetrics(filter.of, entity) : filter.of.some((part) => hasMetrics(part, entity));
}

async function renderModel(db: TaskDb, n: number): Promise<LoggedModelJson> {
  const [row] = await db.rows<LoggedModelRow>(`select ${loggedModelColumns} from logged_models where n = ?`, [n]);
  return renderLoggedModel(db, row!);
}

type Column = Pick<OrderTerm, "type" | "value">;

const creation: Column = { type: "number", value: plain("m.creation_time") };
const update: Column = { type: "number", value: plain("m.last_updated_time") };
const columns: Readonly<Record<string, Column>> = {
  name: { type: "text", value: plain("m.name") },
  model_id: { type: "text", value: plain("m.id") },
  model_type: { type: "text", value: plain("m.model_type") },
  status: { type: "text", value: plain("m.status") },
  source_run_id: { type: "text", value: plain("m.source_run_id") },
  creation_time: creation,
  creation_timestamp: creation,
  creation_timestamp_ms: creation,
  last_updated_time: update,
  last_updated_timestamp: update,
  last_updated_timestamp_ms: update,
};

/** What was asked for, then the newest, then the id. @throws SlipwayError `invalid_request` */
function toOrder(orderBy: readonly ModelOrderBy[]): readonly OrderTerm[] {
  const asked = orderBy.map(toTerm);
  const hasCreation = asked.some(({ value }) => value === creation.value);
  const cut = asked.findIndex(({ value }) => value === columns["model_id"]!.value);
  if (cut >= 0) return asked.slice(0, cut + 1);
  const newest: OrderTerm = { ...creation, rank: null, isDescending: true };
  return [...asked, ...(hasCreation ? [] : [newest]), { ...columns["model_id"]!, rank: null, isDescending: false }];
}

function toTerm({ field, isAscending, datasetName, datasetDigest }: ModelOrderBy): OrderTerm {
  if (datasetDigest !== null && datasetName === null)
    throw wrongOrder("`dataset_digest` can only be specified if `dataset_name` is also specified");
  const dot = field.indexOf(".");
  const [prefix, name] = dot < 0 ? ["attributes", field.trim()] : [field.slice(0, dot), field.slice(dot + 1)];
  if (prefix === "metrics") return byMetric(unquoted(name), { isAscending, datasetName, datasetDigest });
  const column = prefix === "attributes" ? columns[name] : undefined;
  if (column === undefined)
    throw wrongOrder(`Invalid order by field name: ${field}. It is an attribute, or metrics.<name>`);
  return { ...column, rank: null, isDescending: !isAscending };
}

function unquoted(name: string): string {
  return /^(["`]).*\1$/s.test(name) && name.length > 1 ? name.slice(1, -1) : name;
}

/** By the latest point; models without one come last, and so do those where it is NaN. */
function byMetric(key: string, about: Omit<ModelOrderBy, "field">): OrderTerm {
  const latest = sql`select case when x.is_nan = 1 then null else x.value end from logged_model_metrics x
    where x.model_n = m.n and x.key = ${key} and ${isAbout(about.datasetName, about.datasetDigest)}
    order by x.timestamp desc, x.step desc, (select r.id from runs r where r.n = x.run_n) limit 1`;
  return {
    type: "number",
    value: sql`(${latest})`,
    rank: sql`case when (${latest}) is null then 1 else 0 end`,
    isDescending: !about.isAscending,
  };
}

function wrongOrder(problem: string): SlipwayError {
  return new SlipwayError("invalid_request", `${problem}.`);
}
